"""Hearing a recording: from a folder or from one host, in pieces, written down once, never from elsewhere."""

import wave
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from adminboard.calls.recordings import RecordingPlace, RecordingState
from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from adminboard.demo.recordings import NAMES, make_recordings, recording_url_of
from adminboard.settings import Settings
from adminboard.web.headers import make_policy
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database
from tests.factories import make_call

SOUND = bytes(range(256)) * 40
HOST = "https://recordings.example.com"


@pytest.fixture(scope="module")
def call(board: BoardUnderTest, recordings: Path) -> UUID:
    (recordings / "one.wav").write_bytes(SOUND)
    with board.rows() as session:
        return make_call(session, recording_url=f"{HOST}/2026/one.wav").id


def make(board: BoardUnderTest, recording_url: str | None) -> UUID:
    with board.rows() as session:
        return make_call(session, recording_url=recording_url).id


def hearings(board: BoardUnderTest, call: UUID) -> list[AuditEntry]:
    with board.rows() as session:
        asked = select(AuditEntry).where(
            AuditEntry.action == "calls.hear_recording", AuditEntry.target_id == str(call)
        )
        return list(session.scalars(asked))


def test_it_is_sent_whole_as_sound(board: BoardUnderTest, call: UUID) -> None:
    answer = board.browser(Role.SUPPORT).get(f"/calls/{call}/recording")
    assert answer.status_code == 200
    assert answer.content == SOUND
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "no-store"


def test_players_get_the_piece_they_ask_for(board: BoardUnderTest, call: UUID) -> None:
    browser = board.browser(Role.SUPPORT)
    answer = browser.get(
        f"/calls/{call}/recording", headers={"Range": "bytes=1000-1999", "Accept-Encoding": "gzip"}
    )
    assert answer.status_code == 206
    assert answer.content == SOUND[1000:2000]
    assert answer.headers["content-range"] == f"bytes 1000-1999/{len(SOUND)}"
    assert browser.get(f"/calls/{call}/recording", headers={"Range": "bytes=-10"}).content == SOUND[-10:]


def test_a_piece_that_is_not_there_is_refused(board: BoardUnderTest, call: UUID) -> None:
    for piece in ("bytes=99999999-", "bytes=x", "bytes=9-1"):
        answer = board.browser(Role.SUPPORT).get(f"/calls/{call}/recording", headers={"Range": piece})
        assert answer.status_code in (400, 416), piece


def test_one_hearing_is_one_entry_however_many_pieces_it_took(board: BoardUnderTest, call: UUID) -> None:
    browser = board.new_browser(Role.SUPPORT)
    before = len(hearings(board, call))
    for start in (0, 500, 5_000):
        browser.get(f"/calls/{call}/recording", headers={"Range": f"bytes={start}-"})
    assert browser.admin is not None
    assert [entry.actor_id for entry in hearings(board, call)[before:]] == [browser.admin.id]


def test_another_hearing_is_another_entry(board: BoardUnderTest, call: UUID) -> None:
    first, second = board.new_browser(Role.SUPPORT), board.new_browser(Role.BILLING)
    before = len(hearings(board, call))
    first.get(f"/calls/{call}/recording")
    second.get(f"/calls/{call}/recording")
    board.clock.advance(timedelta(minutes=16))
    first.get(f"/calls/{call}/recording")
    assert len(hearings(board, call)) == before + 3


def test_viewers_hear_nothing(board: BoardUnderTest, call: UUID) -> None:
    before = len(hearings(board, call))
    answer = board.browser(Role.VIEWER).get(f"/calls/{call}/recording")
    assert answer.status_code == 403
    assert SOUND[:64] not in answer.content
    assert len(hearings(board, call)) == before


@pytest.mark.parametrize("url", [None, "", f"{HOST}/gone.wav", f"{HOST}/", "not an address", "https://["])
def test_a_missing_recording_says_so(url: str | None, board: BoardUnderTest, call: UUID) -> None:
    missing = make(board, url)
    answer = board.browser(Role.SUPPORT).get(f"/calls/{missing}/recording")
    assert answer.status_code == 404
    assert "There is no recording of this call here." in answer.text
    assert hearings(board, missing) == []
    panel = board.browser(Role.SUPPORT).get(f"/calls?selected={missing}").text
    assert "<audio" not in panel
    assert ("The recording is missing" in panel) == bool(url)


def test_no_call_is_a_sentence(board: BoardUnderTest) -> None:
    assert board.browser(Role.SUPPORT).get(f"/calls/{uuid4()}/recording").status_code == 404
    assert board.browser(Role.SUPPORT).get("/calls/nonsense/recording").status_code == 422


OUTSIDE = [
    f"{HOST}/../secret.wav",
    f"{HOST}/..%2Fsecret.wav",
    f"{HOST}/.hidden.wav",
    f"{HOST}/one.txt",
    f"{HOST}/one.wav%00.mp3",
    f"{HOST}/linked.wav",
    f"{HOST}/folder.wav",
    "file:///etc/passwd",
    "/etc/passwd",
]


@pytest.mark.parametrize("url", OUTSIDE)
def test_nothing_outside_the_folder_is_sent(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    (folder / "folder.wav").mkdir(parents=True)
    for path in (tmp_path / "secret.wav", folder / ".hidden.wav", folder / "one.txt"):
        path.write_bytes(SOUND)
    (folder / "linked.wav").symlink_to(tmp_path / "secret.wav")
    place = RecordingPlace.read(str(folder))
    assert place.find(url) is None
    assert place.get_state(url) is RecordingState.MISSING


ELSEWHERE = [
    "http://recordings.example.com/one.wav",
    "https://recordings.example.com.evil.test/one.wav",
    "https://recordings.example.com@evil.test/one.wav",
    "https://evil.test/https://recordings.example.com/one.wav",
    "https://recordings.example.com:8443/one.wav",
    "javascript:alert(1)",
    "https://recordings.example.com/one.wav\r\nSet-Cookie: a=b",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_browsers_are_sent_to_no_other_host(url: str) -> None:
    assert RecordingPlace.read(HOST).find(url) is None


@pytest.fixture(scope="module")
def elsewhere(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    """A board whose recordings live on a host of their own."""
    with (
        copied_database(server, template_database) as addresses,
        open_board(addresses, recordings=HOST) as board,
    ):
        yield board


def test_browsers_are_sent_to_the_host_that_has_them(elsewhere: BoardUnderTest) -> None:
    there = make(elsewhere, f"{HOST}/2026/one.mp3")
    answer = elsewhere.browser(Role.SUPPORT).get(f"/calls/{there}/recording", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, f"{HOST}/2026/one.mp3")
    assert f"media-src 'self' {HOST};" in answer.headers["content-security-policy"] + ";"
    assert len(hearings(elsewhere, there)) == 1


def test_sound_is_allowed_only_as_far_as_there_is_any() -> None:
    assert "media-src 'none'" in make_policy(None)
    assert make_policy("/srv/recordings").endswith("media-src 'self'")
    assert make_policy(HOST).endswith(f"media-src 'self' {HOST}")


def test_a_board_that_knows_no_place_says_so() -> None:
    assert RecordingPlace.read(None).get_state(f"{HOST}/one.wav") is RecordingState.NOT_CONFIGURED
    assert RecordingPlace.read(None).find(f"{HOST}/one.wav") is None


@pytest.mark.parametrize(
    "setting", ["recordings", "http://plain.example.com", "https://a/b", "https://a b", "https://", "ftp://a"]
)
def test_a_place_that_is_none_stops_the_start(setting: str) -> None:
    with pytest.raises(ValidationError, match="neither the whole path of a folder"):
        Settings(recordings=setting)


def test_the_demonstration_has_recordings_that_differ(tmp_path: Path) -> None:
    make_recordings(tmp_path)
    make_recordings(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(NAMES)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == len(NAMES)
    for path in tmp_path.iterdir():
        with wave.open(str(path)) as sound:
            assert 2 < sound.getnframes() / sound.getframerate() < 10


def test_most_of_its_calls_can_be_heard(tmp_path: Path) -> None:
    make_recordings(tmp_path)
    place = RecordingPlace.read(str(tmp_path))
    states = [place.get_state(recording_url_of(uuid4())) for _ in range(400)]
    assert states.count(RecordingState.PLAYABLE) > 350
