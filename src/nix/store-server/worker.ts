/**
 * The thread that serves one evaluation's store: accepts evaluators on a socket in the store's root, and tells the thread
 * that started it when the machine, or the size of what is evaluated, stands in the way.
 */
import { chmodSync, constants, openSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { Intake } from "../binary-cache/intake.ts";
import { PackWriter } from "../pack/pack-writer.ts";
import { serve } from "./connection.ts";
import { Incoming, receiveFrom } from "./incoming.ts";
import {
  READY,
  type ServerAnswer,
  type ServerQuestion,
  SOCKET,
  type StoreData,
  type Trouble,
} from "./messages.ts";
import { OverLimit, ServedStore } from "./served-store.ts";
import { WireReader } from "./wire.ts";

/** Each evaluator has one connection, and a second one while it sends a tree whose filter uses the store. */
const CONNECTIONS = 64;

/** How often caches are looked at: seldom enough for the work to be worth the looking, often enough for them to stay small. */
const INTAKE_EVERY_MS = 50;

const { storeRoot, packs, caches } = workerData as StoreData;
const say = (message: ServerAnswer) => parentPort?.postMessage(message);
const store = new ServedStore(storeRoot, packs === undefined ? undefined : new PackWriter(packs));
const intake = caches === undefined ? undefined : new Intake(store, caches);
let trouble: Trouble | undefined;

let open = 0;
const server = createServer({ pauseOnConnect: true }, (accepted) => {
  if (open === CONNECTIONS) return accepted.destroy();
  open += 1;
  const incoming = new Incoming();
  const socket = receiveFrom(accepted, incoming);
  socket.on("error", () => socket.destroy());
  void serveSocket(socket, incoming).finally(() => {
    open -= 1;
    socket.destroySoon();
  });
});

async function serveSocket(socket: Socket, incoming: Incoming): Promise<void> {
  const send = (message: Buffer) =>
    socket.destroyed || socket.write(message)
      ? undefined
      : new Promise<void>((sent) => {
          socket.once("drain", sent).once("close", sent);
        });
  await serve(store, {
    reader: new WireReader(incoming),
    send,
    trouble: (error) => {
      trouble ??= troubleOf(error);
    },
  });
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof OverLimit) return { kind: "over-limit", message: error.message };
  const { code, path, message } = error as NodeJS.ErrnoException;
  return {
    kind: "file",
    message,
    ...(code === undefined ? {} : { code }),
    ...(path === undefined ? {} : { path }),
  };
}

parentPort?.on("message", async ({ number, first }: ServerQuestion) => {
  try {
    await intake?.takeIn();
    if (first === "lay-out") store.layOut();
    if (first === "end") await store.end();
  } catch (error) {
    trouble ??= troubleOf(error);
  }
  say({ number, ...(trouble === undefined ? {} : { trouble }) });
});

async function takeIn(): Promise<void> {
  try {
    await intake?.takeIn();
    setTimeout(takeIn, INTAKE_EVERY_MS);
  } catch (error) {
    trouble ??= troubleOf(error);
  }
}
if (intake !== undefined) void takeIn();

// Through a descriptor, since a socket's path may have no more than 107 bytes and data directories lie anywhere. It stays
// open as long as the thread lives, which removes the socket by the same path in the end.
const directory = openSync(storeRoot, constants.O_RDONLY | constants.O_DIRECTORY);
server.on("error", (error) => {
  throw error;
});
server.listen(`/proc/self/fd/${directory}/${SOCKET}`, () => {
  chmodSync(join(storeRoot, SOCKET), 0o600);
  say({ number: READY });
});
