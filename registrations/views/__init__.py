"""The API of registrations: competitions, teams and their documents."""
