// Calls a server with the generated types (openapi-fetch, signed by aws4), and prints what came back as JSON:
//   node session.js URL ACCESS_KEY_ID SECRET
import aws4 from "aws4";
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./api.js";

const [url, accessKeyId, secretAccessKey] = process.argv.slice(2) as [string, string, string];

const signing: Middleware = {
  async onRequest({ request }) {
    const { host, pathname, search } = new URL(request.url);
    const body = await request.clone().text();
    const headers: Record<string, string> = { host };
    request.headers.forEach((value, name) => (headers[name] = value));
    const signed = aws4.sign(
      { service: "execute-api", region: "us-east-1", method: request.method, path: pathname + search, headers, body },
      { accessKeyId, secretAccessKey },
    );
    for (const [name, value] of Object.entries(signed.headers as Record<string, string | number>)) {
      if (!["host", "content-length"].includes(name.toLowerCase())) request.headers.set(name, String(value));
    }
    return request;
  },
};

const client = createClient<paths>({ baseUrl: url });
client.use(signing);

function data<T>(result: { data?: T; error?: unknown }): T {
  if (result.data === undefined) throw new Error(JSON.stringify(result.error));
  return result.data;
}

async function session(): Promise<object> {
  const user = data(
    await client.POST("/users", {
      body: { idempotencyKey: "typescript-1", email: "ada@typescript.example", name: "Ada", metadata: { team: "engines" } },
    }),
  );
  const path = { userId: user.userId };
  const renamed = data(
    await client.PATCH("/users/{userId}", {
      params: { path, header: { "If-Match": '"1"' } },
      body: { idempotencyKey: "typescript-2", name: "Ada King" },
    }),
  );
  const roles = data(
    await client.POST("/users/{userId}/roles", {
      params: { path, header: { "Idempotency-Key": "typescript 3" } },
      body: { role: "viewer" },
    }),
  );
  const linked = data(
    await client.PATCH("/users/{userId}", {
      params: { path },
      body: { idempotencyKey: "typescript-5", externalId: "hr|0042", userName: "ada.k" },
    }),
  );
  const byHandle = data(await client.GET("/users", { params: { query: { externalId: "hr|0042" } } }));
  const byRole = data(await client.GET("/users", { params: { query: { role: "viewer" } } }));
  const unlinked = data(
    await client.PATCH("/users/{userId}", {
      params: { path },
      body: { idempotencyKey: "typescript-6", externalId: null },
    }),
  );
  const found = data(await client.GET("/users", { params: { query: { email: "ada@typescript.example", limit: 5 } } }));
  const log = data(await client.GET("/users/{userId}/audit", { params: { path, query: { action: "ROLE_ASSIGNED" } } }));
  const stale = await client.PUT("/users/{userId}/status", {
    params: { path, header: { "If-Match": '"1"' } },
    body: { status: "disabled" },
  });
  const bad = await client.PATCH("/users/{userId}", {
    params: { path },
    body: { idempotencyKey: "typescript-4", email: "not an address" },
  });
  return {
    names: [user.name, renamed.name],
    roles: roles.roles.map((role) => role.toUpperCase()),
    found: found.users.map((one) => [one.userId === user.userId, one.version]),
    handles: [linked.externalId, linked.userName, unlinked.externalId ?? "none", unlinked.userName],
    listed: [byHandle, byRole].map((page) => page.users.some((one) => one.userId === user.userId)),
    actors: log.auditLogs.map((entry) => entry.actor),
    stale: [stale.response.status, stale.error?.details.currentVersion],
    bad: [bad.error?.code, bad.error?.details.errors?.map((error) => error.field)],
    correlated: (bad.response.headers.get("X-Correlation-Id") ?? "").length,
  };
}

session().then((result) => console.log(JSON.stringify(result)));
