/** What a real socket receives, and how much of it may wait. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Incoming, receiveFrom } from "../../../src/nix/store-server/incoming.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "modprobot-incoming-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function connected(change: (accepted: Socket) => Socket = (accepted) => accepted) {
  const incoming = new Incoming();
  const received = Promise.withResolvers<Socket>();
  const server = createServer({ pauseOnConnect: true }, (accepted) =>
    received.resolve(receiveFrom(change(accepted), incoming)),
  );
  const path = join(directory, "socket");
  server.listen(path);
  await once(server, "listening");
  const client = connect(path);
  const socket = await received.promise;
  return {
    incoming,
    client,
    socket,
    [Symbol.dispose]() {
      for (const one of [client, socket]) one.destroy();
      server.close();
    },
  };
}

/** Without what is beneath it, as a later Node may have it. */
const withoutHandle = (accepted: Socket) =>
  new Proxy(accepted, {
    get(target, name) {
      const value: unknown = name === "_handle" ? undefined : Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

const bytes = (length: number) => Buffer.from(Array.from({ length }, (_, at) => at % 251));

describe.each([
  ["in one buffer", undefined],
  ["as it comes, where there is no other way", withoutHandle],
])("what is received %s", (_, change) => {
  it("comes out as it was sent, to its end", async () => {
    using place = await connected(change);
    const sent = bytes(3_000_000);
    place.client.end(sent);

    const pieces: Buffer[] = [];
    for (let piece = await place.incoming.next(); piece; piece = await place.incoming.next())
      pieces.push(piece);

    expect(Buffer.concat(pieces).equals(sent)).toBe(true);
  });

  it("waits with the sender once enough of it waits here", async () => {
    using place = await connected(change);
    const sent = bytes(8_000_000);
    place.client.write(sent);
    await setTimeout(200);
    expect(place.client.bytesWritten - place.client.writableLength).toBeLessThan(4_000_000);

    let length = 0;
    while (length < sent.length) length += (await place.incoming.next())?.length ?? sent.length;

    expect(length).toBe(sent.length);
  });

  it("may be dealt with where it was received, and only the rest is handed out", async () => {
    using place = await connected(change);
    const seen: string[] = [];
    const next = place.incoming.next((all) => {
      seen.push(all.toString());
      return all.length - (all.includes("!") ? 1 : 0);
    });
    place.client.write("first");
    await expect.poll(() => seen).toEqual(["first"]);
    place.client.write("second!");

    expect((await next)?.toString()).toBe("!");
    expect(seen).toEqual(["first", "second!"]);
  });

  it("ends where the other end is gone", async () => {
    using place = await connected(change);
    place.client.destroy();

    expect(await place.incoming.next()).toBeUndefined();
  });
});
