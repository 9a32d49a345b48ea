"""Downloads: resumed when the connection drops, never used unless complete."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.data import download as module
from {{ cookiecutter.package_name }}.data.download import download
from {{ cookiecutter.package_name }}.errors import UserError

CONTENT = bytes(range(256)) * 4_000  # 1 MB
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT, and hangs up after so many bytes of each answer."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        start = 0
        wanted = self.headers.get("Range")
        server.ranges.append(wanted)
        if self.path == "/gone":
            self.send_error(404)
            return
        if wanted and server.resumes:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(CONTENT):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(CONTENT)}")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : start + server.bytes_per_answer])

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """A local server, with what went wrong as attributes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges: list[str | None] = []
        self.bytes_per_answer = len(CONTENT)
        self.resumes = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


def test_dropped_connections_are_resumed(server: Server, tmp_path: Path) -> None:
    server.bytes_per_answer = 400_000
    path = download(server.url, tmp_path / "deep" / "file", sha256=SHA256)
    assert path.read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=400000-", "bytes=800000-"]
    assert not path.with_name("file.part").exists()
    download(server.url, path, sha256=SHA256)
    assert len(server.ranges) == 3  # what is there is not fetched again


def test_a_later_run_continues(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "file"
    part = tmp_path / "file.part"
    part.write_bytes(CONTENT[:1000])
    server.bytes_per_answer = 0
    with pytest.raises(UserError, match=r"1000 bytes are kept.*run again to continue"):
        download(server.url, path, sha256=SHA256, attempts=2)
    assert part.read_bytes() == CONTENT[:1000]
    assert not path.exists()
    server.bytes_per_answer = len(CONTENT)
    assert download(server.url, path, sha256=SHA256).read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=1000-"


def test_a_complete_part_is_taken_and_a_server_without_ranges_starts_over(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "a.part").write_bytes(CONTENT)
    assert download(server.url, tmp_path / "a", sha256=SHA256).read_bytes() == CONTENT
    server.resumes = False
    (tmp_path / "b.part").write_bytes(b"x" * 10)
    assert download(server.url, tmp_path / "b", sha256=SHA256).read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="damaged or was replaced"):
        download(server.url, tmp_path / "file", md5="0" * 32)
    assert not (tmp_path / "file").exists()
    assert not (tmp_path / "file.part").exists()


def test_what_can_not_be_fetched_is_one_clear_line(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="HTTP 404"):
        download(server.url.replace("file", "gone"), tmp_path / "file")
    with pytest.raises(UserError, match=r"cannot download .*check the network") as caught:
        download("http://127.0.0.1:9/file", tmp_path / "file", attempts=1)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.part").symlink_to("/dev/full")
    with pytest.raises(UserError, match="disk is full"):
        download(server.url, tmp_path / "file")


def test_several_processes_download_once(server: Server, tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=module.download, args=(server.url, tmp_path / "file"))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.ranges == [None]
