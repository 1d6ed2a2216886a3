from typing import get_args

from anpr.sites.values import RoleName
from sinks.store.rights import Role


def test_the_site_file_names_the_roles_that_there_are() -> None:
    assert set(get_args(RoleName)) == {role.value for role in Role}
