/**
 * The command line: arguments in, exit status out.
 *
 * Everything it touches is handed in, so tests run it whole. Ctrl-C aborts one signal that every adapter
 * listens to; the first waits for children and temporary files to go, a second ends at once.
 */
import { Interrupted } from "../errors.ts";
import { EXIT, endingOf } from "./exit-status.ts";
import { createProgram } from "./program.ts";
import type { TerminalIo } from "./terminal-io.ts";

/** @returns the exit status: 0 success, 1 failure, 2 wrong usage, 3 could not be checked, 130 interrupted. */
export async function main(args: readonly string[], io: TerminalIo): Promise<number> {
  const stop = new AbortController();
  const onStop = () => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort(new Interrupted());
  };
  io.on("SIGINT", onStop);
  io.on("SIGTERM", onStop);

  let status: number = EXIT.success;
  try {
    const program = createProgram(io, stop.signal, (code) => {
      status = code;
    });
    await program.parseAsync([...args], { from: "user" });
    return status;
  } catch (error) {
    const ending = endingOf(stop.signal.aborted ? new Interrupted() : error);
    io.stderr.write(ending.text);
    return ending.status;
  } finally {
    io.off("SIGINT", onStop);
    io.off("SIGTERM", onStop);
  }
}
