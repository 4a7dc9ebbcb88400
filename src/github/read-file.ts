/** A file of a repository, without a clone. https://docs.github.com/en/rest/repos/contents#get-repository-content */
import type { RepositoryRef } from "../domain/pull-request.ts";
import { EnvironmentError } from "../errors.ts";
import type { Caller } from "./call.ts";

/** Undefined for directories, submodules, files over 1 MiB, and where there is nothing. */
export async function readFile(
  { call }: Caller,
  { owner, name }: RepositoryRef,
  ref: string,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const found = await call(
      `read ${path} of ${owner}/${name}`,
      (octokit, parameters) => octokit.rest.repos.getContent({ ...parameters, owner, repo: name, ref, path }),
      signal,
    );
    // GitHub leaves the content out, and says `none`, where the file is over 1 MiB.
    if (Array.isArray(found) || found.type !== "file" || !("content" in found) || found.encoding !== "base64")
      return undefined;
    return Buffer.from(found.content, "base64").toString("utf8");
  } catch (error) {
    if (error instanceof EnvironmentError && error.code === "github-gone") return undefined;
    throw error;
  }
}
