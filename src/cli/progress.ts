/**
 * Progress on standard error; the report goes to standard output. `live` redraws one line a stage, `lines` prints
 * one line when a stage begins and ends, for logs; `auto` is `live` on a terminal and nothing elsewhere.
 */
import {
  type DefaultRenderer,
  Listr,
  ListrLogger,
  type ListrTaskWrapper,
  ProcessOutput,
  type SimpleRenderer,
} from "listr2";
import type { StageName } from "../domain/check-result.ts";
import { singleLine } from "../domain/plain-text.ts";
import type { ProgressPort } from "../workflow/ports.ts";
import type { TerminalIo } from "./terminal-io.ts";

export interface Progress extends ProgressPort {
  /** Stops drawing; stages that have not ended stay as they are. */
  stop(): Promise<void>;
}

const TITLES: Readonly<Record<StageName, string>> = {
  checkout: "check out base and head",
  plan: "plan what to build",
  evaluate: "evaluate",
  rebuilds: "count rebuilds",
  build: "build kernels",
  sizes: "measure outputs",
  vm: "boot and load modules",
  consumers: "compare consumers",
  report: "report",
};

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

export const PROGRESS_FORMS = ["auto", "lines", "none"] as const;
export type ProgressForm = (typeof PROGRESS_FORMS)[number];

export function createProgress(io: TerminalIo, stages: readonly StageName[], form: ProgressForm): Progress {
  if (form === "lines") return lines(io);
  if (form === "none" || io.stderr.isTTY !== true) return { stage() {}, detail() {}, async stop() {} };
  return live(io, stages);
}

function lines(io: TerminalIo): Progress {
  return {
    stage(stage, status, detail) {
      io.stderr.write(`${stage}: ${status}${detail === undefined ? "" : `, ${singleLine(detail)}`}\n`);
    },
    detail() {},
    async stop() {},
  };
}

function live(io: TerminalIo, stages: readonly StageName[]): Progress {
  const ends = new Map(stages.map((stage) => [stage, Promise.withResolvers<void>()]));
  const tasks = new Map<StageName, Task>();
  const stderr = io.stderr as NodeJS.WriteStream;
  const list = new Listr<unknown, "default", "simple">(
    stages.map((stage) => ({
      title: TITLES[stage],
      task: (_context: unknown, task: Task) => {
        tasks.set(stage, task);
        return ends.get(stage)?.promise;
      },
    })),
    {
      concurrent: false,
      // Ctrl-C is ours: children and temporary files go first.
      registerSignalListeners: false,
      rendererOptions: { logger: new ListrLogger({ processOutput: new ProcessOutput(stderr, stderr) }) },
    },
  );
  const drawn = list.run().catch(() => undefined);

  return {
    stage(stage, status, detail) {
      if (status === "running") return;
      const task = tasks.get(stage);
      if (task !== undefined && status !== "done")
        task.title = `${TITLES[stage]}: ${status}${detail === undefined ? "" : `, ${singleLine(detail)}`}`;
      ends.get(stage)?.resolve();
    },
    detail(stage, text) {
      const task = tasks.get(stage);
      if (task !== undefined) task.output = singleLine(text);
    },
    async stop() {
      for (const end of ends.values()) end.resolve();
      await drawn;
    },
  };
}
