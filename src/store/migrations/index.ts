/** All migrations, oldest first. Add one at the end, with rows that stand before it in test/store/migrations/. */
import type { Migration } from "kysely";
import * as initial from "./0001-initial.ts";
import * as checkDelivery from "./0002-check-delivery.ts";
import * as workers from "./0003-workers.ts";

export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-initial": initial,
  "0002-check-delivery": checkDelivery,
  "0003-workers": workers,
};
