/**
 * What an error becomes on a terminal: a status and a few lines that say what was seen and what to do.
 *
 * The class decides, never the words. A stack trace is shown only for our own bugs, where it is what we
 * need to mend them.
 */
import { CommanderError } from "commander";
import { EnvironmentError, Interrupted, UserError } from "../errors.ts";

export const EXIT = { success: 0, failure: 1, usage: 2, notChecked: 3, interrupted: 130 } as const;

export interface Ending {
  readonly status: number;
  readonly text: string;
}

export function endingOf(error: unknown): Ending {
  if (error instanceof Interrupted)
    return { status: EXIT.interrupted, text: "modprobot: interrupted; nothing was left running\n" };
  if (error instanceof UserError) return { status: EXIT.usage, text: explain(error.message, error.details) };
  if (error instanceof EnvironmentError)
    return { status: EXIT.notChecked, text: explain(error.message, error.details) };
  // commander has printed its own message; help and version end with 0.
  if (error instanceof CommanderError)
    return { status: error.exitCode === 0 ? EXIT.success : EXIT.usage, text: "" };
  const full = isErrnoException(error) ? diskOrPermission(error) : undefined;
  if (full !== undefined) return { status: EXIT.notChecked, text: full };
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    status: EXIT.notChecked,
    text: `modprobot: a bug in modprobot, please report it with these lines:\n${trace}\n`,
  };
}

function explain(message: string, details: string): string {
  const lines = details.split("\n").filter((line) => line !== "");
  return [`modprobot: ${message}`, ...lines.map((line) => `  ${line}`), ""].join("\n");
}

function isErrnoException(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}

/** The machine's own refusals, met where no adapter could give them better words. */
function diskOrPermission(error: NodeJS.ErrnoException): string | undefined {
  const where = error.path === undefined ? "" : `: ${error.path}`;
  switch (error.code) {
    case "ENOSPC":
    case "EDQUOT":
      return explain(
        `the disk is full${where}`,
        "Free some space (nix-collect-garbage helps), or choose another place with --data DIR.",
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return explain(
        `permission denied${where}`,
        "Run as a user who may write there, or choose another place with --data DIR.",
      );
    default:
      return undefined;
  }
}
