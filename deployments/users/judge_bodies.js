// Judges request bodies by models, as API Gateway does: draft 4, patterns by ECMA's rules without Unicode.
// Standard input: {"models": {operation: schema}, "cases": [{"operation", "body"}]}. Output: a list of booleans.
const Ajv = require("ajv-draft-04").default;

const { models, cases } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const ajv = new Ajv({ unicodeRegExp: false });
const judges = Object.fromEntries(Object.entries(models).map(([name, model]) => [name, ajv.compile(model)]));
console.log(JSON.stringify(cases.map(({ operation, body }) => judges[operation](body))));
