/**
 * Starting modprobot's own code in a process of its own, to be spoken to by `calls.ts`.
 *
 * It sees the clean environment and so none of our secrets, has a limit on its memory, and gives way to us where the
 * processor is short. It leads a session of its own: Ctrl-C in a terminal is heard by us alone, who tell it.
 */
import { fork } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import type { Channel } from "./calls.ts";
import { cleanEnvironment } from "./config/env.ts";
import { nodeOptions } from "./node-options.ts";

export interface OwnProcess {
  readonly channel: Channel;
  /** Resolves once it has ended, however. */
  readonly ended: Promise<void>;
  /** At once; what it started ends with it (`process.ts`). */
  kill(): void;
}

export interface OwnProcessOptions {
  /** Of JavaScript values; beyond it, it ends itself. */
  readonly heapMegabytes: number;
  /** The reason that its open calls end with. `how`: "exit status 1", "SIGKILL". `said`: the end of its standard error. */
  readonly died: (how: string, said: string) => Error;
}

/** The end of what it wrote, where V8 says why it ended itself. */
const KEPT_CHARACTERS = 4_000;

export function startOwnProcess(file: URL, { heapMegabytes, died }: OwnProcessOptions): OwnProcess {
  const child = fork(fileURLToPath(file), [], {
    env: cleanEnvironment(),
    execArgv: [...nodeOptions(), `--max-old-space-size=${heapMegabytes}`],
    detached: true,
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  if (child.pid !== undefined) giveWay(child.pid);
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-KEPT_CHARACTERS);
  });

  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let why: Error | undefined;
  let onClosed: (why: Error) => void = () => undefined;
  const end = (how: string) => {
    if (why !== undefined) return;
    why = died(how, said);
    onClosed(why);
    resolve();
  };
  // "close" and not "exit": what it sent and wrote before is read first.
  child.once("close", (code, signal) => end(signal ?? `exit status ${code}`));
  child.once("error", (error) => {
    // It was not started; one that runs ends with "close".
    if (child.pid === undefined) end(error.message);
  });
  return {
    channel: {
      post(message) {
        // Whoever sends to a process that just ended hears of that end.
        if (child.connected) child.send(message as object, () => undefined);
      },
      listen(onMessage, onGone) {
        onClosed = onGone;
        child.on("message", onMessage);
        if (why !== undefined) onGone(why);
      },
    },
    ended,
    kill: () => void child.kill("SIGKILL"),
  };
}

/** Whoever else wants the processor has it: webhooks have to be answered in time, and a check takes minutes anyway. */
function giveWay(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already, or we are not allowed to: it then merely shares.
  }
}

/** The other end: the process that `startOwnProcess` started. */
export const toParent: Channel = {
  post(message) {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  },
  listen(onMessage, onClosed) {
    process.on("message", onMessage);
    process.once("disconnect", () => onClosed(new Error("the process that started this one is gone")));
  },
};
