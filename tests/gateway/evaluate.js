// The first input line contains the models, {name: schema}. Each further line is a request, {"model", "body"}, and gets
// a one-line response: whether the body is valid.
const Ajv = require("ajv-draft-04").default;

let validators;
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line);
  if (!validators) {
    const ajv = new Ajv({ unicodeRegExp: false });
    validators = Object.fromEntries(Object.entries(message).map(([name, schema]) => [name, ajv.compile(schema)]));
    return;
  }
  console.log(JSON.stringify(validators[message.model](message.body)));
});
