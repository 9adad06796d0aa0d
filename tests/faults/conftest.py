from tests.servers import *  # noqa: F403 - the fixture and the hook
