/** A comment as reviewers see it: the founding case, cut to a page, through the real renderer. */
import { headline } from "../../src/domain/headline.ts";
import { REPORT_MARKER } from "../../src/domain/marker.ts";
import { renderComment } from "../../src/report/comment-body.ts";
import { foundingCase } from "../../test/harness/results.ts";
import { checkRecord } from "../../test/report/check-records.ts";

/** One consumer for each way to break, and some that do not. */
const SHOWN = /\.(?:R02|R08|R01|N0[1-3])-/;

export function exampleComment(): string {
  const whole = foundingCase();
  const consumers = whole.consumers.filter(({ name }) => SHOWN.test(name));
  const names = new Set(consumers.map(({ name }) => name));
  const cut = {
    ...whole,
    kernels: whole.kernels.filter(({ attr }) => attr === "linux"),
    vm: whole.vm.filter(({ kernel }) => kernel !== "linux_tiny"),
    consumers,
    findings: whole.findings.filter(({ kind, subject }) => names.has(subject) || kind === "layout-lost"),
    rebuilds: {
      ...whole.rebuilds,
      systems: Object.fromEntries(
        Object.entries(whole.rebuilds.systems).map(([name, system]) => [
          name,
          { ...system, attrs: 7, derivations: 7, broken: [], changed: ["initrd", "linux", ...names].sort() },
        ]),
      ),
      os: { linux: 7, darwin: null },
      labels: ["10.rebuild-linux: 1-10"],
    },
  };
  const check = checkRecord({
    result: { ...cut, headline: headline(cut) },
    headSha: whole.head,
    baseSha: whole.base,
  });
  const body = renderComment({ kind: "report", check, outdatedBy: null }, whole.head, {
    pageOf: (id) => `https://modprobot.example.org/checks/${id}`,
    falseAlarmUrl: "https://github.com/example/modprobot/issues/new?template=false-alarm.yml",
  });
  // As a quotation: its headings are none of the page's.
  return body
    .replace(REPORT_MARKER, "")
    .trimEnd()
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
}
