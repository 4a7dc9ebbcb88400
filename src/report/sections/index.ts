/**
 * All sections, in the order in which they are read, each with how soon it may be shortened. To add one: a
 * file here, a `SectionId`, a row below.
 */
import type { SectionId, SectionMaker } from "../document.ts";
import { brokenAttributesSection } from "./broken-attributes.ts";
import { consumersSection } from "./consumers.ts";
import { failedBuildsSection } from "./failed-builds.ts";
import { findingsSection } from "./findings.ts";
import { layoutSection } from "./layout.ts";
import { modulesSection } from "./modules.ts";
import { notRunSection } from "./not-run.ts";
import { rebuildsSection } from "./rebuilds.ts";
import { sizesSection } from "./sizes.ts";
import { summarySection } from "./summary.ts";
import { unaffectedSection } from "./unaffected.ts";
import { vmSection } from "./vm.ts";

export interface SectionPlace {
  readonly id: SectionId;
  readonly make: SectionMaker;
  /** The lowest are shortened first. No two are equal, so that shortening has one order. */
  readonly importance: number;
  /** Rows and items a list may have when there is room for everything. */
  readonly listed: number;
}

export const SECTIONS: readonly SectionPlace[] = [
  { id: "summary", make: summarySection, importance: 12, listed: 8 },
  { id: "consumers", make: consumersSection, importance: 11, listed: 60 },
  { id: "broken-attributes", make: brokenAttributesSection, importance: 10, listed: 40 },
  { id: "failed-builds", make: failedBuildsSection, importance: 8, listed: 40 },
  { id: "findings", make: findingsSection, importance: 9, listed: 30 },
  { id: "layout", make: layoutSection, importance: 6, listed: 60 },
  { id: "sizes", make: sizesSection, importance: 5, listed: 60 },
  { id: "modules", make: modulesSection, importance: 4, listed: 60 },
  { id: "vm", make: vmSection, importance: 3, listed: 40 },
  { id: "rebuilds", make: rebuildsSection, importance: 1, listed: 100 },
  { id: "unaffected", make: unaffectedSection, importance: 2, listed: 100 },
  { id: "not-run", make: notRunSection, importance: 7, listed: 60 },
];
