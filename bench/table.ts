/** Figures as Markdown, so that what a bench prints can be put into docs/benchmarks.md as it is. */
import { markdownTable } from "markdown-table";

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string;
  /** Numbers stand at the right. */
  readonly number?: true;
}

/** Ends with an empty line. */
export function printTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => of(row)))];
  const align = columns.map(({ number }) => (number === true ? "r" : "l"));
  process.stdout.write(`${markdownTable(cells, { align })}\n\n`);
}

export const seconds = (value: number) => `${value < 9.95 ? value.toFixed(2) : value.toFixed(1)} s`;
export const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
