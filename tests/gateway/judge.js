// The first input line has the models, {name: schema}. Every other line is a query, {"model", "body"}. The output has
// one line for each query: true or false.
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
