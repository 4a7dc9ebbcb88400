import type { TerminalIo } from "./terminal-io.ts";

/** What every command is given. */
export interface CommandContext {
  readonly io: TerminalIo;
  readonly signal: AbortSignal;
  readonly setStatus: (status: number) => void;
}
