// The first line has the models, {name: schema}, each other one a question, {"model", "body"}; each answer is a line.
const Ajv = require("ajv-draft-04").default;

let judges;
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line);
  if (!judges) {
    const ajv = new Ajv({ unicodeRegExp: false });
    judges = Object.fromEntries(Object.entries(message).map(([name, schema]) => [name, ajv.compile(schema)]));
    return;
  }
  console.log(JSON.stringify(judges[message.model](message.body)));
});
