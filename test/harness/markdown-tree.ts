/** What a reader of our Markdown sees, as GitHub parses it. */
import type { Node, Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { visit } from "unist-util-visit";

/** Parsing a long report takes a while, and several tests look at the same one. */
const parsed = new Map<string, Root>();

function parse(markdown: string): Root {
  const options = { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] };
  const tree = parsed.get(markdown) ?? fromMarkdown(markdown, options);
  parsed.set(markdown, tree);
  return tree;
}

export function nodes(markdown: string, type: string): readonly Node[] {
  const found: Node[] = [];
  visit(parse(markdown), type, (node) => {
    found.push(node);
  });
  return found;
}

/** Values of all nodes of a type, as a reader of the parsed comment sees them. */
export function values(markdown: string, type: string): readonly string[] {
  return nodes(markdown, type).map((node) => ("value" in node ? String(node.value) : ""));
}
