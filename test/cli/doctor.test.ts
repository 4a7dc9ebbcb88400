import { expect, it } from "vitest";
import { type Examination, type Examinations, examineAll } from "../../src/cli/doctor/examine.ts";
import { settingsAtAll } from "../../src/cli/doctor/examine-settings.ts";
import { diagnosesJson, renderDiagnoses } from "../../src/cli/doctor/render.ts";
import { inspectSettings } from "../../src/config/app-settings.ts";
import {
  EXAMINATIONS,
  type ExaminationId,
  green,
  notChecked,
  red,
} from "../../src/domain/doctor/diagnosis.ts";
import { EnvironmentError, Interrupted } from "../../src/errors.ts";

const NEVER = new AbortController().signal;
const IDS = Object.keys(EXAMINATIONS) as ExaminationId[];

/** All well, but for some. */
function examinations(some: Partial<Record<ExaminationId, Partial<Examination>>>): Examinations {
  const well: Examination = { look: async () => green("well"), limitMs: 10_000 };
  return Object.fromEntries(IDS.map((id) => [id, { ...well, ...some[id] }])) as Examinations;
}

const hangs = () => new Promise<never>(() => undefined);
const fails = (error: unknown) => async () => {
  throw error;
};

it("goes on with the others where one hangs, fails or is a bug, and never calls that well", async () => {
  const examined = await examineAll(
    examinations({
      kvm: { look: hangs, limitMs: 20 },
      clock: { look: fails(new EnvironmentError("x", "GitHub is away", "Wait.")) },
      jail: { look: fails(new TypeError("undefined is not a function")) },
    }),
    NEVER,
  );

  expect(examined.map(({ id }) => id)).toEqual(IDS);
  const bad = Object.fromEntries(
    examined.filter(({ light }) => light !== "green").map((one) => [one.id, one]),
  );
  expect(bad).toEqual({
    kvm: { id: "kvm", ...notChecked("it took longer than 0.02 s") },
    clock: { id: "clock", ...notChecked("GitHub is away", "Wait.") },
    jail: { id: "jail", ...notChecked("undefined is not a function") },
  });
});

it("stops when told to, also where something hangs", async () => {
  const stop = new AbortController();
  const all = examineAll(examinations({ kvm: { look: hangs } }), stop.signal);
  stop.abort();

  await expect(all).rejects.toThrow(Interrupted);
});

const EXAMINED = [
  { id: "nix", ...green("Nix 2.34.7") },
  { id: "clock", ...red("61 s ahead", "Set it.\nWait.") },
  { id: "kvm", ...notChecked("no \u001b[31mQEMU") },
] as const;

it("tells people marks and remedies, and colour only where there is some", () => {
  expect(renderDiagnoses(EXAMINED, { colour: false, width: 100 })).toBe(
    [
      "✔ Nix                     Nix 2.34.7",
      "✖ Clock                   61 s ahead",
      "                          → Set it.",
      "                          → Wait.",
      "? KVM                     not checked: no QEMU",
      "",
      "1 red, 1 not checked, 1 green",
      "",
    ].join("\n"),
  );
  expect(renderDiagnoses(EXAMINED, { colour: true, width: 100 })).toContain("\u001b[31m✖\u001b[39m");
});

it("tells programs the same", () => {
  const { schema, version, light, diagnoses } = JSON.parse(diagnosesJson(EXAMINED, "1.2.3"));

  expect([schema, version, light]).toEqual([1, "1.2.3", "red"]);
  expect(diagnoses[1]).toEqual({
    id: "clock",
    title: "Clock",
    light: "red",
    seen: "61 s ahead",
    remedy: "Set it.\nWait.",
  });
});

it.each([
  ["nothing at all", {}, "not-checked"],
  ["only an address that is wrong", { PUBLIC_URL: "example.org" }, "red"],
  ["half of an App", { APP_ID: "7" }, "red"],
  ["a key that is none", { APP_ID: "7", PRIVATE_KEY: "secret" }, "red"],
])("settings: %s", (_, variables, light) => {
  const judged = settingsAtAll(inspectSettings(variables));

  expect(judged.light).toBe(light);
  expect(JSON.stringify(judged)).not.toContain("secret");
});
