/** What doctor found, for people and for programs. Marks differ without colour too. */
import wrapAnsi from "wrap-ansi";
import { EXAMINATIONS, type Light, worstOf } from "../../domain/doctor/diagnosis.ts";
import { withoutControls } from "../../domain/plain-text.ts";
import type { Examined } from "./examine.ts";

const MARKS = { green: "✔", yellow: "⚠", red: "✖", "not-checked": "?" } as const satisfies Record<
  Light,
  string
>;
const COLOURS = { green: 32, yellow: 33, red: 31, "not-checked": 36 } as const satisfies Record<
  Light,
  number
>;
const WORDS = {
  red: "red",
  yellow: "yellow",
  "not-checked": "not checked",
  green: "green",
} as const satisfies Record<Light, string>;

export interface RenderOptions {
  readonly colour: boolean;
  /** Columns; fewer than 60 are taken as 60. */
  readonly width: number;
}

/** Ends in a newline. */
export function renderDiagnoses(examined: readonly Examined[], { colour, width }: RenderOptions): string {
  const paint = (light: Light, text: string) =>
    colour ? `\u001b[${COLOURS[light]}m${text}\u001b[39m` : text;
  const titles = Math.max(...Object.values(EXAMINATIONS).map((title) => title.length));
  const indent = titles + 4;
  const room = Math.max(60, width) - indent;
  const lines = examined.flatMap(({ id, light, seen, remedy }) => {
    const shown = light === "not-checked" ? `not checked: ${seen}` : seen;
    const advice = (remedy ?? "").split("\n").filter((line) => line !== "");
    return [
      `${paint(light, MARKS[light])} ${EXAMINATIONS[id].padEnd(titles)}  ${wrapped(shown, room, indent)}`,
      ...advice.map(
        (line) => `${" ".repeat(indent)}${paint(light, "→")} ${wrapped(line, room - 2, indent + 2)}`,
      ),
    ];
  });
  return `${lines.join("\n")}\n\n${summary(examined, paint)}\n`;
}

function wrapped(text: string, room: number, indent: number): string {
  // An address that is cut in two can be clicked on no more, so words stay whole.
  return wrapAnsi(withoutControls(text), room, { hard: false }).replaceAll("\n", `\n${" ".repeat(indent)}`);
}

function summary(examined: readonly Examined[], paint: (light: Light, text: string) => string): string {
  const counts = (Object.keys(WORDS) as Light[]).flatMap((light) => {
    const count = examined.filter((one) => one.light === light).length;
    return count === 0 ? [] : [paint(light, `${count} ${WORDS[light]}`)];
  });
  return counts.join(", ");
}

/** A document of its own, ending in a newline. Keys are added, none is renamed without another `schema`. */
export function diagnosesJson(examined: readonly Examined[], version: string): string {
  const document = {
    schema: 1,
    version,
    light: worstOf(examined.map(({ light }) => light)),
    diagnoses: examined.map(({ id, light, seen, remedy }) => ({
      id,
      title: EXAMINATIONS[id],
      light,
      seen,
      ...(remedy === undefined ? {} : { remedy }),
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
