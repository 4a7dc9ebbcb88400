/** What hono's `html` template gives: text in which everything interpolated has been escaped. */
import type { HtmlEscapedString } from "hono/utils/html";

export type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;
