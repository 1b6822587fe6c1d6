#include "options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/json/json.h"
#include "base/text/text.h"
#include "base/trusted_files.h"
#include "net/endpoint.h"
#include "net/url.h"
#include "server/host_list.h"
#include "service/user_records.h"

namespace users {
namespace {

using wiring::ServeOptions;

// Stores the value in the options. Returns a message that says what the value must be if it is
// invalid.
using Take = std::function<std::optional<std::string>(ServeOptions&, const std::string&)>;

struct OptionSpec {
  std::string name;
  std::string placeholder;  // empty: a flag
  std::string help;
  Take take;
  bool is_list = false;  // may be given more than once; the values are joined by commas
};

Take TakeText(std::string ServeOptions::*member) {
  return [member](ServeOptions& options, const std::string& value) -> std::optional<std::string> {
    if (value.empty()) return "must not be empty";
    options.*member = value;
    return std::nullopt;
  };
}

Take TakeEndpoint(std::string ServeOptions::*member) {
  return [member](ServeOptions& options, const std::string& value) -> std::optional<std::string> {
    const auto endpoint = net::ParseEndpoint(value);
    if (!endpoint.ok()) return endpoint.error().message;
    options.*member = value;
    return std::nullopt;
  };
}

Take TakeNumber(double server::ThrottleOptions::*member, double least) {
  return [=](ServeOptions& options, const std::string& value) -> std::optional<std::string> {
    const auto number = ParseNumber<double>(value);
    if (!number || !(*number >= least) || *number > 1e9) {
      return "must be a number from " + std::to_string(static_cast<int>(least)) + " to 1000000000";
    }
    options.throttle.*member = *number;
    return std::nullopt;
  };
}

Take TakeFlag(std::function<bool&(ServeOptions&)> member) {
  return [member = std::move(member)](ServeOptions& options,
                                      const std::string& value) -> std::optional<std::string> {
    if (value != "true" && value != "false") return "must be true or false";
    member(options) = value == "true";
    return std::nullopt;
  };
}

// Table names that DynamoDB accepts.
Take TakeTable(std::string wiring::DynamoDbOptions::*member) {
  return [member](ServeOptions& options, const std::string& value) -> std::optional<std::string> {
    const bool good = value.size() >= 3 && value.size() <= 255 &&
                      std::all_of(value.begin(), value.end(), [](char c) {
                        return (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' ||
                               (LowerAscii(c) >= 'a' && LowerAscii(c) <= 'z');
                      });
    if (!good) return "must be 3 to 255 of the characters A-Z a-z 0-9 _ . -";
    options.dynamodb.*member = value;
    return std::nullopt;
  };
}

std::optional<std::string> TakeStore(ServeOptions& options, const std::string& value) {
  if (value != "local" && value != "dynamodb") return "must be local or dynamodb";
  options.store = value == "local" ? wiring::StoreKind::kLocal : wiring::StoreKind::kDynamoDb;
  return std::nullopt;
}

std::optional<std::string> TakeDynamoDbEndpoint(ServeOptions& options, const std::string& value) {
  const auto url = net::ParseUrl(value);
  if (!url.ok()) return url.error().message;
  if (url->path != "/") return "must have no path";
  options.dynamodb.endpoint = value;
  return std::nullopt;
}

std::optional<std::string> TakeListShards(ServeOptions& options, const std::string& value) {
  const auto number = ParseNumber<std::uint32_t>(value);
  if (!number || *number < 1 || *number > service::kMaxListShards) {
    return "must be a number from 1 to " + std::to_string(service::kMaxListShards);
  }
  options.dynamodb.list_shards = *number;
  return std::nullopt;
}

std::optional<std::string> TakeHosts(ServeOptions& options, const std::string& value) {
  for (const std::string_view host : Split(value, ',')) {
    if (!server::IsHostEntry(host)) return "must be NAME or NAME:PORT";
    options.hosts.emplace_back(host);
  }
  return std::nullopt;
}

std::optional<std::string> TakeApiArn(ServeOptions& options, const std::string& value) {
  const auto parts = Split(value, ':');
  const bool good = parts.size() == 6 && value.starts_with("arn:aws:execute-api:") &&
                    !parts[3].empty() && parts[4].size() == 12 &&
                    parts[4].find_first_not_of("0123456789") == std::string_view::npos &&
                    !parts[5].empty() && !parts[5].ends_with('/') &&
                    value.find_first_of(" *?\"\\") == std::string::npos;
  if (!good) {
    return "must be arn:aws:execute-api:REGION:ACCOUNT:API/STAGE with an ACCOUNT of 12 digits";
  }
  options.api_arn = value;
  return std::nullopt;
}

const std::vector<OptionSpec>& Specs() {
  static const std::vector<OptionSpec> specs = {
      {"listen", "HOST:PORT",
       "The address of the API. Port 0 picks a free one. An address that other machines can reach "
       "needs TLS or --plaintext. [127.0.0.1:8080]",
       TakeEndpoint(&ServeOptions::listen)},
      {"data", "DIR",
       "The data directory. It is created if absent, and the first start adds an administrator's "
       "key (credentials, curlrc). Not used with --store dynamodb. [./users-data]",
       TakeText(&ServeOptions::data)},
      {"throttle-rate", "N",
       "The max number of signed requests per second in total. Requests without an authenticated "
       "caller have a separate bucket with the same rate. 0 switches both buckets off. [1000]",
       TakeNumber(&server::ThrottleOptions::rate, 0)},
      {"throttle-burst", "N", "The max number of requests in a burst above the rate. [2000]",
       TakeNumber(&server::ThrottleOptions::burst, 1)},
      {"principal-rate", "N",
       "The max number of signed requests per second of each principal. 0 switches this limit off. "
       "[half of --throttle-rate]",
       TakeNumber(&server::ThrottleOptions::principal_rate, 0)},
      {"principal-burst", "N",
       "The max number of requests in a burst of one principal. [half of --throttle-burst]",
       TakeNumber(&server::ThrottleOptions::principal_burst, 1)},
      {"admin-listen", "HOST:PORT",
       "The address of /livez, /healthz and /metrics, which are unsigned and unencrypted. Port 0 "
       "picks a free one. [127.0.0.1:0]",
       TakeEndpoint(&ServeOptions::admin_listen)},
      {"tls-cert", "FILE",
       "The server's certificate chain in PEM. With --tls-key, the API uses HTTPS. Both files are "
       "reloaded when they change and on SIGHUP.",
       TakeText(&ServeOptions::tls_cert)},
      {"tls-key", "FILE", "The certificate's private key in PEM, without a passphrase.",
       TakeText(&ServeOptions::tls_key)},
      {"plaintext", "", "Serve an address that other machines can reach without encryption.",
       TakeFlag([](ServeOptions& options) -> bool& { return options.plaintext; })},
      {"host", "NAME[:PORT]",
       "A host name that signed requests may use. May be repeated. A request whose Host header has "
       "another name is rejected with 401. Without PORT, every port is accepted. [any host]",
       TakeHosts, /*is_list=*/true},
      {"roles", "FILE",
       "The role catalogue in JSON. It is reloaded when it changes and on SIGHUP. "
       "[the built-in one: admin, editor, viewer, auditor]",
       TakeText(&ServeOptions::roles)},
      {"principals", "FILE",
       "The principals that may call, in JSON. The file is reloaded when it changes and on SIGHUP. "
       "[DIR/principals.json, with an administrator that the first start creates]",
       [](ServeOptions& options, const std::string& value) -> std::optional<std::string> {
         if (value.empty()) return "must not be empty";
         options.principals = value;
         return std::nullopt;
       }},
      {"store", "local|dynamodb",
       "local: the embedded store in DIR. dynamodb: tables in DynamoDB, or in an engine with its "
       "protocol. Any number of servers may share one pair of tables. Region and credentials come "
       "from the environment, as with AWS's SDKs (AWS_REGION, AWS_PROFILE, ...). [local]",
       TakeStore},
      {"users-table", "NAME", "With --store dynamodb: the table of users, with the keys PK and SK.",
       TakeTable(&wiring::DynamoDbOptions::users_table)},
      {"idempotency-table", "NAME",
       "With --store dynamodb: the table of idempotency records, with the key PK and the expiry "
       "ttl.",
       TakeTable(&wiring::DynamoDbOptions::idempotency_table)},
      {"dynamodb-endpoint", "URL",
       "With --store dynamodb: the URL of DynamoDB, such as http://127.0.0.1:8000. "
       "[AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, or AWS's endpoint of the region]",
       TakeDynamoDbEndpoint},
      {"list-shards", "N",
       "With --store dynamodb: the number of partitions of the list of users, 1 to 1024. It must "
       "be the same for all servers. It may be raised at any time, but never lowered. [8]",
       TakeListShards},
      {"accept-older-store", "",
       "Open a store that lacks acknowledged changes with everything that can be recovered, and "
       "log how many changes are missing. The missing changes are lost permanently, so use it only "
       "if there is no better backup.",
       TakeFlag([](ServeOptions& options) -> bool& { return options.accept_older_store; })},
      {"create-tables", "", "With --store dynamodb on a local engine: create the missing tables.",
       TakeFlag([](ServeOptions& options) -> bool& { return options.dynamodb.create_tables; })},
      {"api-arn", "ARN",
       "The prefix of the resources in policies. Its region is the region of signatures. "
       "[arn:aws:execute-api:us-east-1:000000000000:users/local]",
       TakeApiArn},
      {"log-level", "LEVEL",
       "debug, info, warning or error. info includes a line for each request. [info]",
       [](ServeOptions& options, const std::string& value) -> std::optional<std::string> {
         const auto level = ParseLogLevel(value);
         if (!level) return "must be debug, info, warning or error";
         options.log_level = *level;
         return std::nullopt;
       }},
  };
  return specs;
}

// A value and its origin, which error messages name.
struct GivenValue {
  std::string value;
  std::string origin;  // "--listen" or "--config FILE: listen"
};

std::string ValueText(const boost::json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  if (value.is_number() || value.is_bool()) return json::Canonical(value);
  return "";
}

// The elements of an array, joined like the values of a repeated option. Empty if an element is not
// a string, number or boolean.
std::string ListText(const boost::json::value& value) {
  const auto* elements = value.if_array();
  if (elements == nullptr) return ValueText(value);
  std::string joined;
  for (const auto& element : *elements) {
    const std::string text = ValueText(element);
    if (text.empty()) return "";
    joined += (joined.empty() ? "" : ",") + text;
  }
  return joined;
}

// Rejects options that the chosen store does not use, and missing options that it requires.
Status CheckStore(const std::map<std::string, GivenValue>& given, const ServeOptions& options) {
  const bool on_dynamodb = options.store == wiring::StoreKind::kDynamoDb;
  for (const char* name :
       {"users-table", "idempotency-table", "dynamodb-endpoint", "list-shards", "create-tables"}) {
    const auto found = given.find(name);
    if (!on_dynamodb && found != given.end()) {
      return Error::Unavailable(found->second.origin + ": requires --store dynamodb");
    }
  }
  if (const auto found = given.find("accept-older-store"); on_dynamodb && found != given.end()) {
    return Error::Unavailable(found->second.origin + ": requires --store local");
  }
  if (!on_dynamodb) return Done{};
  for (const char* name : {"users-table", "idempotency-table", "principals"}) {
    if (!given.contains(name)) {
      return Error::Unavailable("--" + std::string(name) + ": is required with --store dynamodb");
    }
  }
  if (options.dynamodb.users_table == options.dynamodb.idempotency_table) {
    return Error::Unavailable("--idempotency-table " + options.dynamodb.idempotency_table +
                              ": must not be the users table");
  }
  return Done{};
}

// Adds the members of the configuration file that the command line does not set.
Status AddFromFile(const std::string& path, std::map<std::string, GivenValue>& given) {
  const std::string origin = "--config " + path + ": ";
  const auto file = ReadTrustedFile(path);
  if (!file.ok()) return Error::Unavailable(origin + file.error().message);
  const auto parsed = json::ParseFile(file->content);
  if (!parsed.ok()) return Error::Unavailable(origin + InOneLine(parsed.error()));
  const auto* object = parsed->if_object();
  if (object == nullptr) return Error::Unavailable(origin + "must contain a JSON object");
  for (const auto& member : *object) {
    const std::string name = member.key();
    const bool known = std::any_of(Specs().begin(), Specs().end(),
                                   [&](const OptionSpec& spec) { return spec.name == name; });
    if (!known) return Error::Unavailable(origin + name + ": is not an option of usersd serve");
    const bool is_list = std::any_of(Specs().begin(), Specs().end(), [&](const OptionSpec& spec) {
      return spec.name == name && spec.is_list;
    });
    const std::string value = is_list ? ListText(member.value()) : ValueText(member.value());
    if (value.empty()) {
      return Error::Unavailable(origin + name + ": must be a string, a number or true or false");
    }
    given.emplace(name, GivenValue{value, origin + name});
  }
  return Done{};
}

// Reads the options of `serve` from the command line and the configuration file.
Status ReadServeOptions(const CLI::App& serve, const std::map<std::string, std::string>& values,
                        const std::string& config, ServeOptions& options) {
  std::map<std::string, GivenValue> given;
  for (const OptionSpec& spec : Specs()) {
    const std::string option = "--" + spec.name;
    if (serve.count(option) > 0) given.emplace(spec.name, GivenValue{values.at(spec.name), option});
  }
  if (serve.count("--config") > 0) {
    if (auto added = AddFromFile(config, given); !added.ok()) return added;
  }
  for (const OptionSpec& spec : Specs()) {
    const auto value = given.find(spec.name);
    if (value == given.end()) continue;
    if (const auto fault = spec.take(options, value->second.value)) {
      return Error::Unavailable(value->second.origin + " " + value->second.value + ": " + *fault);
    }
  }
  // Half of the total, so that one caller cannot use all of it.
  if (!given.contains("principal-rate")) {
    options.throttle.principal_rate = options.throttle.rate / 2;
  }
  const auto burst = given.find("principal-burst");
  if (burst == given.end()) {
    options.throttle.principal_burst = options.throttle.burst / 2;
  } else if (options.throttle.principal_rate == 0) {
    return Error::Unavailable(burst->second.origin + " has no effect without --principal-rate");
  }
  return CheckStore(given, options);
}

}  // namespace

Result<Command> ParseCommandLine(int argc, char** argv) {
  CLI::App app("usersd: the User Management Service in one binary", "usersd");
  app.set_version_flag("--version", "usersd " USERSD_VERSION);
  Command command;
  CLI::App* check = app.add_subcommand(
      "check",
      "Verify every audit chain, index and invariant of a data directory that is not in use");
  check->add_option("--data", command.check.data_directory, "The data directory")
      ->type_name("DIR")
      ->required();
  check
      ->add_option("--events", command.check.event_files,
                   "Also compare this event file with the store. Repeat it for rotated files, the "
                   "oldest first; the last one is the file that the server writes to.")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  check->footer(
      "Prints one line for each fault, which begins with its place, and a last line with totals. "
      "Progress goes to standard error. The command writes nothing, so it works on a read-only "
      "file system and on a copy.\n"
      "Exit code 0: the store is sound. 1: there are faults. 2: not checked (the store is missing "
      "or in use).");
  CLI::App* back_up = app.add_subcommand(
      "backup", "Copy a data directory and check the copy; a server may be running on it");
  back_up->add_option("--data", command.backup.data_directory, "The data directory")
      ->type_name("DIR")
      ->required();
  back_up
      ->add_option("--to", command.backup.to,
                   "The directory of the copy; `usersd serve --data NEWDIR` starts on it")
      ->type_name("NEWDIR")
      ->required();
  std::uint32_t time_limit = 3600;
  back_up
      ->add_option("--time-limit", time_limit,
                   "After this time, the backup ends without a copy. [3600]")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 1'000'000));
  back_up->footer(
      "Run it as the user that owns the data directory, or as root. The copy gets the owner of the "
      "data directory. A running server continues to serve requests. The copy contains every "
      "change that was acknowledged before the backup began. It contains users, events and the "
      "principals with their secrets, so keep it as safe as the original. It does not contain the "
      "files credentials and curlrc. NEWDIR must be empty or absent. Until the copy is complete, "
      "it is called NEWDIR.partial.\n"
      "Exit code 0: copied, synced and checked. 1: the store is not sound, and the copy was "
      "removed. 2: no copy was made.");
  CLI::App* serve = app.add_subcommand("serve", "Run the server until SIGTERM");
  serve->footer(
      "The long names are also the members of the configuration file: {\"listen\": "
      "\"127.0.0.1:8080\"}.");

  std::string config;
  serve
      ->add_option("--config", config,
                   "Read options from this JSON file. The command line overrides it.")
      ->type_name("FILE");
  std::map<std::string, std::string> values;
  std::map<std::string, bool> flags;
  for (const OptionSpec& spec : Specs()) {
    if (spec.placeholder.empty()) {
      serve->add_flag("--" + spec.name, flags[spec.name], spec.help);  // accepts --name=false
    } else {
      CLI::Option* option = serve->add_option("--" + spec.name, values[spec.name], spec.help);
      option->type_name(spec.placeholder);
      if (spec.is_list) option->multi_option_policy(CLI::MultiOptionPolicy::Join)->delimiter(',');
    }
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help and --version
    command.kind = Command::Kind::kPrintAndExit;
    std::ostringstream out;
    std::ostringstream ignored;
    app.exit(asked, out, ignored);
    command.text = out.str();
    return command;
  } catch (const CLI::ParseError& error) {
    return Error::Unavailable(std::string(error.what()) + ". See usersd --help.");
  }

  if (check->parsed()) {
    command.kind = Command::Kind::kCheck;
  } else if (back_up->parsed()) {
    command.kind = Command::Kind::kBackUp;
    command.backup.time_limit = std::chrono::seconds(time_limit);
  } else if (!serve->parsed()) {
    return Error::Unavailable("a command is required: serve, check or backup. See usersd --help.");
  } else {
    for (const auto& [name, is_on] : flags) values[name] = is_on ? "true" : "false";
    auto read = ReadServeOptions(*serve, values, config, command.serve);
    if (!read.ok()) return std::move(read.error());
  }
  return command;
}

}  // namespace users
