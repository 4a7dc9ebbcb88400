/**
 * Whether a Nix can be made to do without files (`withhold-files.ts`): tried once for each, by evaluators that import one, and by
 * evaluators that read one.
 */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError } from "../../errors.ts";
import type { WriterTrial } from "../derivation-writer.ts";
import { type Evaluator, runExpression } from "../evaluator.ts";
import { CHECKOUT_INSIDE, GATE } from "../jail.ts";
import { isOfWithheld, readStatement } from "../walk-output.ts";
import { withholdInRun } from "./withhold-in-run.ts";

export type WithholdingTrial = Omit<WriterTrial, "warn">;

const FILE = "one.nix";
const PLACE = `${CHECKOUT_INSIDE}/${FILE}`;
const TRIAL_SECONDS = 60;

/** The same value forced twice, with a list of what a directory has. */
const imports = (nonce: string) => `
let
  one = import ${PLACE};
  say = word: builtins.trace "${nonce} \${word} {}";
  tried = builtins.tryEval one;
  more = builtins.tryEval one;
in
builtins.seq (builtins.tryEval one).success (
  say "ready" (
    builtins.seq (builtins.readFile ${GATE}) (
      builtins.seq tried.success (
        say "tried" (
          builtins.seq more.success (
            say "again" (!tried.success && !more.success && (builtins.readDir ${CHECKOUT_INSIDE}) ? "${FILE}")))))))
`;
const HEARD = ["met", "ready", "met", "tried", "met", "again"].join(" ");

/** None of them may have an answer, not even that it failed. */
const READS = [
  `builtins.readFile ${PLACE}`,
  `builtins.hashFile "sha256" ${PLACE}`,
  `"\${${PLACE}}"`,
  `"\${${CHECKOUT_INSIDE}}"`,
  `builtins.scopedImport { } ${PLACE}`,
];
const reads = (nonce: string, read: string) => `
builtins.seq (builtins.tryEval (import ${PLACE})).success (
  builtins.trace "${nonce} ready {}" (
    builtins.seq (builtins.readFile ${GATE}) (builtins.tryEval (${read})).success))
`;

/** @throws EnvironmentError program-missing; Interrupted */
export async function tryWithholding(trial: WithholdingTrial, signal: AbortSignal): Promise<boolean> {
  const { host, nixVersion, facts, temporaryDirectory } = trial;
  const tried = await facts.remember("withholding", [nixVersion, host.nixInstantiate], async () => {
    const directory = await mkdtemp(join(temporaryDirectory, "withholding-trial-"));
    try {
      const ends = await Promise.all([
        attempt(trial, directory, imports, signal),
        ...READS.map((read) => attempt(trial, directory, (nonce) => reads(nonce, read), signal)),
      ]);
      const [imported, ...read] = ends;
      return (
        imported?.value === "true" &&
        imported.heard === HEARD &&
        read.every(({ value }) => value === undefined)
      );
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
  return tried === true;
}

/** With a store of nobody's. */
async function attempt(
  { host }: WithholdingTrial,
  directory: string,
  expression: (nonce: string) => string,
  signal: AbortSignal,
): Promise<{ readonly value: string | undefined; readonly heard: string }> {
  const nonce = randomBytes(16).toString("hex");
  const own = await mkdtemp(join(directory, "run-"));
  const storeRoot = join(own, "store");
  await mkdir(storeRoot);
  await writeFile(join(own, FILE), "true");
  const checkout = [{ kind: "read-only" as const, from: join(own, FILE), to: PLACE }];
  const stop = new AbortController();
  await using withheld = await withholdInRun(
    [FILE],
    nonce,
    { storeRoot, checkout },
    () => stop.abort(),
    signal,
  );
  const heard: string[] = [];
  const evaluator: Evaluator = {
    host,
    checkout,
    ...withheld.evaluator,
    storeRoot,
    writer: "nobody",
    system: "x86_64-linux",
    memoryBytes: 4 * 1024 ** 3,
  };
  const limits = {
    timeoutMs: TRIAL_SECONDS * 1000,
    onStderrLine(line: string) {
      const said = readStatement(nonce, line);
      if (said === undefined || !isOfWithheld(said)) return;
      heard.push(said.kind);
      if (said.kind === "ready") withheld.onReady();
    },
  };
  try {
    const either = AbortSignal.any([signal, stop.signal]);
    const { exitCode, stdout } = await runExpression(evaluator, expression(nonce), limits, either);
    withheld.onEnd();
    await withheld.shut();
    return { value: exitCode === 0 ? stdout.trim() : undefined, heard: heard.join(" ") };
  } catch (error) {
    withheld.onEnd();
    // What went wrong there is why it was ended.
    await withheld.shut();
    if (!(error instanceof EnvironmentError) || error.code !== "jail-failed") throw error;
    return { value: undefined, heard: "" };
  }
}
