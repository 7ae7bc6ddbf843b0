#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The cart of the three services in Python, traced by OpenTelemetry's SDK, in place of `nanotel_services cart`.

Needs opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http.
"""

import argparse
import http.client
import http.server
import os
import signal
import threading
import urllib.error
import urllib.parse
import urllib.request

from opentelemetry import baggage, context, propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

CARTS = {"ada": ["Emma", "Ulysses", "Persuasion"], "grace": ["Emma", "First Folio"]}
CENTS = {"Emma": 999, "Ulysses": 1499, "Persuasion": 899, "First Folio": 900_000_000}

tracer = trace.get_tracer("services.cart", "1.0.0")


def price_of(item):
    with tracer.start_as_current_span("price item", attributes={"item": item}):
        return CENTS[item]


def pay(payment_url, cents):
    with tracer.start_as_current_span("POST", kind=SpanKind.CLIENT) as span:
        headers = {}
        propagate.inject(headers)
        body = urllib.parse.urlencode({"cents": cents}).encode()
        try:
            request = urllib.request.Request(payment_url + "/payments", body, headers)
            with urllib.request.urlopen(request, timeout=10) as answer:
                status = answer.status
        except urllib.error.HTTPError as refusal:
            status = refusal.code
        except (OSError, http.client.HTTPException) as failure:
            span.record_exception(failure)
            status = 502
        span.set_attribute("http.response.status_code", status)
        if status >= 400:
            span.set_status(Status(StatusCode.ERROR))
        return status


def check_out(payment_url, items):
    with tracer.start_as_current_span("check out") as span:
        # What the front end has sent along for whoever comes after it.
        span.set_attribute("customer", str(baggage.get_baggage("customer")))
        total = sum(price_of(item) for item in items)
        span.set_attribute("cart.cents", total)
        return pay(payment_url, total)


class Orders(http.server.BaseHTTPRequestHandler):
    payment_url = ""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        # Made current as a whole: a span that is merely begun below it would have the trace and not the baggage.
        token = context.attach(propagate.extract(self.headers))
        try:
            with tracer.start_as_current_span("POST /orders", kind=SpanKind.SERVER) as span:
                items = CARTS.get(form.get("customer", [""])[0])
                known = self.path == "/orders" and items is not None
                status = check_out(self.payment_url, items) if known else 404
                span.set_attribute("http.response.status_code", status)
        finally:
            context.detach(token)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("port", type=int, help="0 for any that is free")
    arguments.add_argument("payment_url")
    arguments.add_argument("--port-file", help="where to write the port once connections are taken")
    chosen = arguments.parse_args()

    provider = TracerProvider(resource=Resource.create({"service.name": "cart", "service.namespace": "services"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)

    Orders.payment_url = chosen.payment_url
    server = http.server.ThreadingHTTPServer(("127.0.0.1", chosen.port), Orders)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    port = server.server_address[1]
    print(f"cart: http://127.0.0.1:{port}", flush=True)
    if chosen.port_file:
        with open(chosen.port_file + ".new", "w", encoding="ascii") as file:
            file.write(f"{port}\n")
        os.replace(chosen.port_file + ".new", chosen.port_file)
    server.serve_forever()
    provider.shutdown()


if __name__ == "__main__":
    main()
