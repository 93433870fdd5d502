"""Owners: whether the process behind a name can still be alive."""

import subprocess
import sys
from dataclasses import replace

import psutil

from service.jobs.owners import Owner, is_gone, new_owner


def owner() -> Owner:
    read = Owner.read(new_owner())
    assert read is not None
    return read


def test_two_starts_never_share_a_name() -> None:
    assert new_owner() != new_owner()


def test_one_is_never_gone_by_its_own_word() -> None:
    me = new_owner()
    assert not is_gone(me, by=me)


def test_an_earlier_process_with_the_same_id_is_gone() -> None:
    me = owner()
    assert is_gone(str(replace(me, started="1", mark="before")), by=str(me))


def test_two_runners_of_one_process_do_not_take_each_other_for_dead() -> None:
    assert not is_gone(new_owner(), by=new_owner())


def test_another_container_of_the_same_host_name_and_process_id_is_not_gone() -> None:
    me = owner()
    other = replace(me, place=f"{me.place.partition(':')[0]}:0123456789abcdef", started="1", mark="other")
    assert not is_gone(str(other), by=str(me))


def test_a_process_that_has_ended_is_gone_and_one_that_runs_is_not() -> None:
    me = owner()
    dead = next(number for number in range(2**22, 2**22 + 10) if not psutil.pid_exists(number))
    assert is_gone(str(replace(me, process_id=dead)), by=str(me))
    program = "from service.jobs.owners import new_owner; print(new_owner(), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        other = process.stdout.readline().decode().strip()
        assert not is_gone(other, by=str(me))
        running = Owner.read(other)
        assert running is not None
        assert is_gone(str(replace(running, started="1")), by=str(me))  # its id was given to another process
        process.communicate(b"\n")
    assert is_gone(other, by=str(me))


def test_names_of_other_versions_are_left_to_their_lease() -> None:
    me = new_owner()
    assert not is_gone("host/1/abcdef", by=me)
    assert not is_gone("nonsense", by=me)
