/** What is remembered of pull requests beyond their checks: our comment, commands that were heard, approvals, use. */
import { type Kysely, sql } from "kysely";
import type { StorePort } from "../workflow/app-ports.ts";
import type { Tables } from "./schema.ts";
import { storable } from "./text.ts";

export function createPullRequests(db: Kysely<Tables>) {
  return {
    async commentId(repositoryId: number, number: number): Promise<number | null> {
      const row = await db
        .selectFrom("comments")
        .select("comment_id")
        .where("repository_id", "=", repositoryId)
        .where("number", "=", number)
        .executeTakeFirst();
      return row?.comment_id ?? null;
    },

    async rememberComment(repositoryId: number, number: number, commentId: number): Promise<void> {
      await db
        .insertInto("comments")
        .values({ repository_id: repositoryId, number, comment_id: commentId })
        .onConflict((conflict) =>
          conflict.columns(["repository_id", "number"]).doUpdateSet({ comment_id: commentId }),
        )
        .execute();
    },

    async claimCommand(repositoryId: number, commentId: number, claimant: string): Promise<boolean> {
      await db
        .insertInto("commands")
        .values({ repository_id: repositoryId, comment_id: commentId, claimant: storable(claimant) })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const row = await db
        .selectFrom("commands")
        .select("claimant")
        .where("repository_id", "=", repositoryId)
        .where("comment_id", "=", commentId)
        .executeTakeFirst();
      return row?.claimant === storable(claimant);
    },

    /** The first approval of a head is the one that is kept: it is the one that counted. */
    async approve(repositoryId: number, number: number, headSha: string, login: string): Promise<void> {
      await db
        .insertInto("approvals")
        .values({ repository_id: repositoryId, number, head_sha: headSha, login })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    async isApproved(repositoryId: number, number: number, headSha: string): Promise<boolean> {
      const row = await db
        .selectFrom("approvals")
        .select("login")
        .where("repository_id", "=", repositoryId)
        .where("number", "=", number)
        .where("head_sha", "=", headSha)
        .executeTakeFirst();
      return row !== undefined;
    },

    async usage({ repositoryId, number, login, since }: Parameters<StorePort["usage"]>[0]) {
      const row = await db
        .selectFrom("checks")
        .select(({ fn }) => [
          fn.countAll<number>().as("repository"),
          fn.countAll<number>().filterWhere("number", "=", number).as("pullRequest"),
          fn
            .countAll<number>()
            .filterWhere(sql`lower(requested_by)`, "=", login?.toLowerCase() ?? null)
            .as("person"),
        ])
        .where("repository_id", "=", repositoryId)
        .where("created_at", ">=", since)
        .executeTakeFirstOrThrow();
      return {
        pullRequest: Number(row.pullRequest),
        person: Number(row.person),
        repository: Number(row.repository),
      };
    },
  };
}
