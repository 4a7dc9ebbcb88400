/** The machine a figure was taken on, in one line: without it a figure is worth nothing. */
import { execFileSync } from "node:child_process";
import { availableParallelism, loadavg, totalmem } from "node:os";
import { plainEnvironment } from "./environment.ts";
import { git } from "./revisions.ts";

export function describeMachine(): string {
  const nix = execFileSync("nix-instantiate", ["--version"], {
    encoding: "utf8",
    env: plainEnvironment("/"),
  }).trim();
  const here = import.meta.dirname;
  const commit = git(here, ["rev-parse", "--short=12", "HEAD"]);
  const changed = git(here, ["status", "--porcelain"]) === "" ? "" : " and uncommitted changes";
  return [
    `${availableParallelism()} cores`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB of memory`,
    `load ${loadavg()[0]?.toFixed(1)}`,
    nix.replace(/^nix-instantiate /, ""),
    `Node ${process.versions.node}`,
    `modprobot ${commit}${changed}`,
  ].join(", ");
}
