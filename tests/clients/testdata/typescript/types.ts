// Compiles only if the generated types say what a caller expects. A line below "@ts-expect-error" must not compile.
import type { components, operations } from "./api.js";

type Schemas = components["schemas"];
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <Claim extends true>(): void => void (0 as unknown as Claim);

type PatchBody = operations["users_profile_update"]["requestBody"]["content"]["application/json"];
holds<Equal<keyof PatchBody, "idempotencyKey" | "email" | "name" | "metadata" | "metadataChanges" | "externalId" | "userName">>();
export const change: PatchBody = { idempotencyKey: "rename-1", name: "Ada King" };
export const removal: PatchBody = { idempotencyKey: "remove-1", externalId: null, userName: "ada.k" };
holds<Equal<Schemas["User"]["externalId"], string | undefined>>();
// @ts-expect-error: a misspelt member is an error, not `unknown`.
export const misspelt: PatchBody = { idempotencyKey: "rename-1", nmae: "Ada King" };
// @ts-expect-error: so is a missing key.
export const keyless: PatchBody = { name: "Ada King" };

holds<Equal<Schemas["User"]["roles"], string[]>>();
holds<Equal<Schemas["User"]["permissions"], string[]>>();
holds<Equal<Schemas["Status"], "active" | "disabled" | "deleted">>();
holds<Equal<Schemas["ErrorDetails"]["canonicalRequest"], string | undefined>>();

type Unauthorized = operations["users_profile_get"]["responses"][401];
holds<Equal<Unauthorized["headers"]["X-Correlation-Id"], string>>();
type Throttled = operations["users_profile_get"]["responses"][429];
holds<Equal<Throttled["headers"]["Retry-After"], number>>();
