/** Reactions to comments, which the emulator does not have. The same one twice is one, answered 200 instead of 201. */
import { actorLogin } from "../actors.ts";
import { answer, type Call, notFound, page, type Routes, repositoryOf } from "../call.ts";
import { type Json, userObject } from "../shapes.ts";
import type { Reaction } from "../world.ts";

export const reactionRoutes: Routes = {
  "reactions/create-for-issue-comment": create,
  "reactions/list-for-issue-comment": async (call) => {
    const content = call.query.get("content");
    const all = call.world.reactions
      .filter((reaction) => String(reaction.commentId) === call.params["comment_id"])
      .filter((reaction) => content === null || reaction.content === content);
    const { items, headers } = page(
      call,
      all.map((reaction) => reactionObject(call, reaction)),
    );
    return answer(200, items, headers);
  },
  "reactions/delete-for-issue-comment": async (call) => {
    const index = call.world.reactions.findIndex(({ id }) => String(id) === call.params["reaction_id"]);
    if (index === -1) return notFound();
    call.world.reactions.splice(index, 1);
    return answer(204);
  },
};

async function create(call: Call) {
  const { owner, name } = repositoryOf(call);
  const commentId = Number(call.params["comment_id"]);
  const comment = await call.ask("GET", `/repos/${owner}/${name}/issues/comments/${commentId}`);
  if (comment.status !== 200) return comment;
  const login = actorLogin(call.actor);
  const content = String(call.body["content"]);
  const known = call.world.reactions.find(
    (one) => one.commentId === commentId && one.login === login && one.content === content,
  );
  if (known !== undefined) return answer(200, reactionObject(call, known));
  const id = 600_000 + call.world.reactions.length + 1;
  const made = { id, commentId, login, content, createdAt: new Date().toISOString() };
  call.world.reactions.push(made);
  return answer(201, reactionObject(call, made));
}

function reactionObject({ world }: Call, { id, login, content, createdAt }: Reaction): Json {
  const user = userObject(world.url, login);
  return { id, node_id: `REA_${id}`, user, content, created_at: createdAt };
}
