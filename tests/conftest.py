"""What all tests share: laws are tried without a deadline, since a busy machine breaks no law."""

from hypothesis import settings

settings.register_profile("zone", deadline=None)
settings.load_profile("zone")
