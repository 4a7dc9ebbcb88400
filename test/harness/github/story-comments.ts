/** The vocabulary about comments: said by people, read from the App. */

import type { Login } from "./cast.ts";
import { APP } from "./emulator.ts";
import { isObject, type Json, userObject } from "./shapes.ts";
import { home, list, must, person, type Stage } from "./stage.ts";
import { type Wait, waitFor } from "./waits.ts";
import { type Pull, repositoryById } from "./world.ts";

export interface Comment {
  readonly id: number;
  readonly login: string;
  readonly body: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What the webhook says of whoever wrote a comment, true or not. */
export interface Told {
  /** GitHub's `author_association`: `OWNER`, `MEMBER`, `NONE`, … */
  readonly association?: string;
  /** Login of a bot, in place of the person. */
  readonly bot?: string;
}

export interface CommentStory {
  /** Returns the comment's id. Resolves when the webhook was answered. */
  comment(pull: Pull, login: Login, body: string, told?: Told): Promise<number>;
  editComment(pull: Pull, login: Login, id: number, body: string): Promise<void>;
  /** The App's next comment that was not read yet, oldest first. */
  nextComment(pull: Pull, wait?: Wait): Promise<Comment>;
  /** The App's first comment that says it, now or after an update. */
  commentThatSays(pull: Pull, text: string | RegExp, wait?: Wait): Promise<Comment>;
  /** Everybody's, oldest first. Those of the App count as read. */
  comments(pull: Pull): Promise<readonly Comment[]>;
  /** The App's reactions to a comment, in order. */
  reactions(commentId: number): readonly string[];
  nextReaction(commentId: number, content: "eyes" | "rocket" | "confused", wait?: Wait): Promise<void>;
  /** The App's comments that no test looked at. */
  unreadComments(): Promise<readonly string[]>;
}

const OUR_LOGIN = `${APP.slug}[bot]`;

export function commentStory(stage: Stage): CommentStory {
  const { world, readComments } = stage;

  const read = async (pull: Pull): Promise<readonly Comment[]> => {
    const found = await list(stage, `${home(stage, pull)}/issues/${pull.number}/comments`);
    return found.map(toComment).sort((a, b) => a.id - b.id);
  };
  const ours = async (pull: Pull) => (await read(pull)).filter(({ login }) => login === OUR_LOGIN);
  const mark = (comment: Comment) => {
    readComments.add(comment.id);
    return comment;
  };
  const shown = async (pull: Pull) =>
    `comments of pull request ${pull.number}:\n${(await read(pull)).map(({ login, body }) => `${login}: ${body}`).join("\n---\n")}`;
  const reactions = (commentId: number) =>
    world.reactions
      .filter((reaction) => reaction.commentId === commentId && reaction.login === OUR_LOGIN)
      .map(({ content }) => content);

  return {
    async comment(pull, login, body, { association, bot } = {}) {
      const path = `${home(stage, pull)}/issues/${pull.number}/comments`;
      const made = await must(stage, person(login), "POST", path, { body });
      const repository = repositoryById(world, pull.repositoryId);
      const told = {
        ...made,
        ...(association === undefined ? {} : { author_association: association }),
        ...(bot === undefined ? {} : { user: userObject(world.url, bot) }),
      };
      await stage.events.comment(repository, pull.number, told, "created", bot ?? login);
      return Number(made["id"]);
    },
    async editComment(pull, login, id, body) {
      const changed = await must(
        stage,
        person(login),
        "PATCH",
        `${home(stage, pull)}/issues/comments/${id}`,
        { body },
      );
      const repository = repositoryById(world, pull.repositoryId);
      await stage.events.comment(repository, pull.number, changed, "edited", login);
    },
    async nextComment(pull, wait = "answer") {
      const unread = async () => (await ours(pull)).find(({ id }) => !readComments.has(id));
      return mark(await waitFor("a comment of the App", wait, unread, () => shown(pull)));
    },
    async commentThatSays(pull, text, wait = "answer") {
      const says = ({ body }: Comment) => (typeof text === "string" ? body.includes(text) : text.test(body));
      const found = async () => (await ours(pull)).find(says);
      return mark(await waitFor(`a comment of the App that says ${text}`, wait, found, () => shown(pull)));
    },
    async comments(pull) {
      const all = await read(pull);
      for (const comment of all) mark(comment);
      return all;
    },
    reactions,
    async nextReaction(commentId, content, wait = "answer") {
      await waitFor(
        `reaction ${content} to comment ${commentId}`,
        wait,
        () => (reactions(commentId).includes(content) ? true : undefined),
        () => `reactions: ${reactions(commentId).join(", ")}`,
      );
    },
    async unreadComments() {
      const found = await Promise.all(
        world.pulls.map(async (pull) => {
          const unread = (await ours(pull)).filter(({ id }) => !readComments.has(id));
          return unread.map(({ body }) => `unexpected comment on pull request ${pull.number}: ${body}`);
        }),
      );
      return found.flat();
    },
  };
}

function toComment(comment: Json): Comment {
  return {
    id: Number(comment["id"]),
    login: isObject(comment["user"]) ? String(comment["user"]["login"]) : "",
    body: String(comment["body"]),
    createdAt: String(comment["created_at"]),
    updatedAt: String(comment["updated_at"]),
  };
}
