import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

SECRET, SESSION = "top-secret-0123456789", "session-9876543210"
UPLOAD = "alibaba.alihealth.drug.kyt.uploadcircubill"
QUERY = "alibaba.alihealth.drug.kyt.searchstatus"


def received(receipt="queue-1"):
    return {_wrapper(UPLOAD): {"response_success": True, "model": receipt}}


def refused(code, message, **values):
    body = {"response_success": False, "msg_code": code, "msg_info": message}
    return {_wrapper(UPLOAD): {**body, **values}}


def listed(number, status, info=""):
    row = {"bill_code": number, "deal_status": status, "process_info": info}
    result = {"response_success": True, "model": {"result_list": {"dto": [row]}}}
    return {_wrapper(QUERY): {"result": result}}


def session_over():
    return {
        "error_response": {
            "code": 27,
            "msg": "Invalid session",
            "sub_code": "invalid-sessionkey",
            "sub_msg": "SessionKey非法",
        }
    }


def _wrapper(method):
    return method.replace(".", "_") + "_response"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        parameters = dict(parse_qsl(body, keep_blank_values=True))
        status, answer = self.server.platform.answer(parameters)
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_args):
        pass


class TracePlatform:
    """The national platform as far as we talk to it; it checks each signature itself.

    ``script``: answers of the next calls, one after another. Without one it behaves:
    takes each bill number once, and has decided well on it when asked.
    """

    def __init__(self):
        self.calls, self.script, self.numbers = [], [], set()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.platform = self
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}/router/rest"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def uploads(self):
        return [call for call in self.calls if call["method"] == UPLOAD]

    def answer(self, parameters):
        with self._lock:
            self.calls.append(parameters)
            if parameters.pop("sign") != self._signature(parameters):
                return 200, {"error_response": {"code": 25, "msg": "Invalid signature"}}
            if self.script:
                answer = self.script.pop(0)
                return answer if isinstance(answer, tuple) else (200, answer)
            return 200, self._behave(parameters)

    def _behave(self, parameters):
        number = parameters["bill_code"]
        if parameters["method"] == QUERY:
            return listed(number, "3" if number in self.numbers else "0")
        if number in self.numbers:
            return refused("BILL_FILE_NAME_DUPLICATE_UPLOAD", "文件名重复")
        self.numbers.add(number)
        return received(f"queue-{len(self.numbers)}")

    def _signature(self, parameters):
        text = "".join(f"{k}{parameters[k]}" for k in sorted(parameters)).encode()
        key = SECRET.encode()
        if parameters["sign_method"] == "md5":
            return hashlib.md5(key + text + key).hexdigest().upper()
        return hmac.new(key, text, "sha256").hexdigest().upper()
