/**
 * `serve` and `worker` run until they are told to stop. The first SIGTERM or SIGINT drains, which is no failure: the exit
 * status is 0. A second one ends at once (`cli/main.ts`).
 */
import { InvalidArgumentError } from "commander";
import type { RunningApp } from "./start-app.ts";

export async function runUntilStopped(app: RunningApp, graceMs: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await app.stop(graceMs);
}

/** Seconds of the command line, in milliseconds. */
export function graceMs(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError("It has to be a number of seconds.");
  return Number(text) * 1000;
}

export function howMany(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError("It has to be a number from 1 to 999.");
  return Number(text);
}

export const DEFAULT_GRACE_MS = 30_000;
