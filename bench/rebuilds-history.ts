/**
 * Commits of nixpkgs' history that touch a kernel, each of another kind: is the count right, and how good was the prediction?
 * Later ones than 82b55b9c78 need a newer builtin than some Nix has that evaluates these.
 */
import { disagreements, predictionVerdict, refuseWrongCounts } from "./agreement.ts";
import { askOracle, countRebuilds, type OracleCounts } from "./oracle.ts";
import { NIXPKGS_CONFIG } from "./rebuilds-nixpkgs.ts";
import { borrowRevisions } from "./revisions.ts";
import { type RebuildsAnswer, runRebuilds, SYSTEM } from "./run-rebuilds.ts";
import { withScratch } from "./scratch.ts";
import { type Column, printTable } from "./table.ts";

const COMMITS: readonly { readonly commit: string; readonly kind: string }[] = [
  { commit: "eea5383b48", kind: "version of a kernel" },
  { commit: "7e8c5b578a", kind: "version of the default kernel" },
  { commit: "e9d868de63", kind: "configuration of all kernels" },
  { commit: "e90bfba2f6", kind: "patch" },
  { commit: "a6f4c3624e", kind: "new kernel" },
  { commit: "4b73212241", kind: "kernel removed from all-packages" },
  { commit: "e0a5b75d9c", kind: "module" },
];

interface Row {
  readonly commit: string;
  readonly kind: string;
  readonly subject: string;
  readonly oracle: OracleCounts;
  readonly exact: RebuildsAnswer;
  readonly predicted: RebuildsAnswer;
}

export async function benchHistory(clone: string): Promise<void> {
  const rows: Row[] = [];
  for (const { commit, kind } of COMMITS) {
    rows.push(await withScratch((scratch) => compareCommit(clone, commit, kind, scratch)));
    process.stderr.write(`bench: commit ${rows.length} of ${COMMITS.length}\n`);
  }
  printTable(COLUMNS, rows);
  refuseWrongCounts(rows.flatMap((row) => wrongCounts(row).map((what) => `${row.commit}: ${what}`)));
}

async function compareCommit(clone: string, commit: string, kind: string, scratch: string): Promise<Row> {
  const revisions = borrowRevisions(clone, scratch);
  const [base, head] = [revisions.resolve(`${commit}^`), revisions.resolve(commit)];
  const trees = [base, head].map(revisions.checkOut);
  const [repository = ""] = trees;
  const arguments_ = { system: SYSTEM, config: NIXPKGS_CONFIG };
  const [atBase = [], atHead = []] = await askOracle({ trees, arguments: arguments_, scratch });
  const question = {
    ...{ repository, base, head, scratch },
    config: { nixpkgsConfig: NIXPKGS_CONFIG },
    data: `${scratch}/data`,
  };
  // A prediction needs an evaluation of base, and a count is quicker with one: that of a pull request that touches the same file.
  const other = revisions.withComment(base, revisions.changedFile(base, head), "Changes nothing.");
  await runRebuilds({ ...question, head: other });
  const predicted = await runRebuilds({ ...question, predictOnly: true });
  return {
    ...{ commit, kind, subject: revisions.subject(head), predicted },
    oracle: countRebuilds(atBase, atHead),
    exact: await runRebuilds(question),
  };
}

function wrongCounts({ exact, oracle }: Row): string[] {
  return disagreements(exact.rebuilds, oracle);
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "commit", of: ({ commit }) => commit },
  { title: "change", of: ({ subject }) => subject },
  { title: "kind", of: ({ kind }) => kind },
  { title: "oracle", of: ({ oracle }) => `${oracle.attrs} (${oracle.derivations})`, number: true },
  {
    title: "exact",
    of: ({ exact }) => `${exact.rebuilds.attrs} (${exact.rebuilds.derivations})`,
    number: true,
  },
  { title: "of", of: ({ exact }) => String(exact.rebuilds.evaluated), number: true },
  { title: "counts", of: (row) => (wrongCounts(row).length === 0 ? "agree" : "WRONG") },
  {
    title: "prediction",
    of: ({ predicted, oracle }) => predictionVerdict(predicted.rebuilds, oracle),
  },
];
