"""Password hashing."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id at OWASP's first recommendation: 19 MiB, two passes, one lane.

    Django's own parameters take 100 MiB and 200 ms of CPU a log-in; these take 20 ms.
    https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
