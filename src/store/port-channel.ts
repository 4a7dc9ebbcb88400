/** A channel for `calls.ts` between two threads. */
import type { MessagePort, Worker } from "node:worker_threads";
import type { Channel } from "../calls.ts";

/** @param ended makes the reason that open calls end with, from what the thread threw or the status it ended with */
export function portChannel(port: MessagePort | Worker, ended: (cause: unknown) => Error): Channel {
  return {
    post: (message) => port.postMessage(message),
    listen(onMessage, onClosed) {
      port.on("message", onMessage);
      // A thread that threw says what, and then that it ended: the first is the reason.
      let gone = false;
      const close = (cause: unknown) => {
        if (!gone) onClosed(ended(cause));
        gone = true;
      };
      port.on("error", close);
      port.on("exit", close);
    },
  };
}
