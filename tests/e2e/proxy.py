"""A proxy between a function and AWS, which may disturb one of the requests that pass."""

import http.client
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

#: What is of one connection, and not of the message: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length"}

FORM = "application/x-www-form-urlencoded"
#: The operations of S3 by method and what the query names.
S3 = {
    ("GET",): "GetObject",
    ("HEAD",): "HeadObject",
    ("PUT",): "PutObject",
    ("POST", "uploads"): "CreateMultipartUpload",
    ("PUT", "uploadId"): "UploadPart",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
}


@dataclass(frozen=True)
class Disturbance:
    """What befalls a request. In any case its sender gets no answer."""

    name: str
    #: Whether it gets to AWS, which then does what it asks for.
    arrives: bool
    #: Whether its sender dies, at the latest when AWS has done it. If not, its connection is cut.
    kills: bool


KILLED_BEFORE = Disturbance("killed-before", arrives=False, kills=True)
KILLED_AFTER = Disturbance("killed-after", arrives=True, kills=True)
REQUEST_LOST = Disturbance("request-lost", arrives=False, kills=False)
REPLY_LOST = Disturbance("reply-lost", arrives=True, kills=False)


class Proxy:
    """Lets every request pass but the one that it is told to disturb."""

    def __init__(self, aws):
        self._aws = urlsplit(aws).netloc
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self.endpoint = "http://{}:{}".format(*self._server.server_address)
        self.disturb(0, None)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def disturb(self, number, disturbance, kill=None):
        """From now on counts requests, and disturbs the one of this number; `kill` is what kills its sender."""
        with self._lock:
            self._requests = []
            self._number, self._disturbance, self._kill = number, disturbance, kill

    def requests(self):
        """The operations of the requests that came since counting began."""
        with self._lock:
            return list(self._requests)

    def struck(self):
        """Whether the request that was to be disturbed has come."""
        return self._number <= len(self.requests())

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def take(self, request, body):
        """Notes a request, and gives AWS's answer to it; None when its sender is not to get one."""
        with self._lock:
            self._requests.append(operation(request, body))
            hit = len(self._requests) == self._number
            disturbance, kill = self._disturbance, self._kill
        if not hit:
            return self._forward(request, body)
        if disturbance.arrives:
            self._forward(request, body)
        if disturbance.kills:
            kill()
        return None

    def _forward(self, request, body):
        connection = http.client.HTTPConnection(self._aws)
        try:
            connection.request(request.command, request.path, body, dict(request.headers))
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


def operation(request, body):
    """The operation of a request: DynamoDB's is in a header, that of EC2, Auto Scaling and SNS in the form, and S3's in
    the method and the query (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html).
    """
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2]
    if (request.headers.get("Content-Type") or "").startswith(FORM):
        return parse_qs(body.decode())["Action"][0]
    query = parse_qs(urlsplit(request.path).query, keep_blank_values=True)
    return S3[request.command, *sorted(query.keys() & {"uploads", "uploadId"})]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        # A process that is killed leaves broken connections; they are no news.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body go together: apart, the second waits 40 ms for the receiver to confirm the first

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self.server.proxy.take(self, body)
        if answer is None:
            self.close_connection = True
            return
        status, headers, content = answer
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in OF_THE_CONNECTION:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_DELETE = do_GET = do_HEAD = do_PUT = do_POST

    def log_message(self, *_):
        """The tests say what went wrong."""
