// One unary call after another with @grpc/grpc-js, then many at once, each with a line of JSON about its end.
// Arguments: address, then a JSON list of calls: {method, size, text, timeout_ms, metadata, cancel_ms, copies}.
"use strict";
const grpc = require("@grpc/grpc-js");

const bytes = (buffer) => buffer;
const client = new grpc.Client(process.argv[2], grpc.credentials.createInsecure(), {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
});

function call(wanted) {
  return new Promise((resolve) => {
    const request = wanted.text === undefined ? Buffer.alloc(wanted.size || 0, "x") : Buffer.from(wanted.text);
    const metadata = new grpc.Metadata();
    for (const [name, value] of Object.entries(wanted.metadata || {})) {
      metadata.set(name, name.endsWith("-bin") ? Buffer.from(value, "hex") : value);
    }
    const deadline = Date.now() + (wanted.timeout_ms || 20000);
    const done = (error, reply) =>
      resolve(error ? { code: error.code, details: error.details } : { code: 0, size: reply.length });
    const running = client.makeUnaryRequest(wanted.method, bytes, bytes, request, metadata, { deadline }, done);
    if (wanted.cancel_ms) setTimeout(() => running.cancel(), wanted.cancel_ms);
  });
}

async function main() {
  for (const wanted of JSON.parse(process.argv[3])) {
    const ends = await Promise.all(Array.from({ length: wanted.copies || 1 }, () => call(wanted)));
    console.log(JSON.stringify(ends));
  }
  client.close();
}

main();
