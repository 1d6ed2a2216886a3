"""What Apache Kafka 2.8.2 answers a client that comes in, as recorded."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

PORT = 14092
"""The recorded server's own, which its answer on metadata names."""

ANSWERS = {
    # ApiVersions in a version that it does not know, then in its newest; Metadata.
    (18, 4): "002300000001001200000003",
    (18, 3): (
        "0000210000000000090000010000000c000002000000060000030000000b0000080000000800000900000007"
        "00000a0000000300000b0000000700000c0000000400000d0000000400000e0000000500000f0000000500"
        "00100000000400001100000001000012000000030000130000000700001400000006000015000000020000"
        "170000000400001b0000000100002000000004000022000000020000230000000200002400000002"
        "00002a0000000200002c0000000100002f00000000000031000000010000370000000000003c000000000000"
        "3d0000000000003a00000000000000000000"
    ),
    (3, 11): (
        "000000000002000000010a3132372e302e302e310000370c000017656d39755a533168626e42794c5774685a"
        "6d74684d51000000010100"
    ),
}


class _Answering(StreamRequestHandler):
    def handle(self) -> None:
        port: int = self.connection.getsockname()[1]
        while size := self.rfile.read(4):
            request = self.rfile.read(int.from_bytes(size))
            api, version, correlation = struct.unpack(">hhi", request[:8])
            answer = bytes.fromhex(ANSWERS[api, version])
            answer = answer.replace(PORT.to_bytes(4), port.to_bytes(4))
            self.wfile.write(struct.pack(">ii", len(answer) + 4, correlation) + answer)


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def old_broker() -> Iterator[str]:
    """Serve the recording; give the address."""
    with _Server(("127.0.0.1", 0), _Answering) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), name="old-broker")
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
