#include "serve_option_table.h"

#include <algorithm>

#include "base/text/text.h"
#include "net/endpoint.h"
#include "net/url.h"
#include "server/host_list.h"
#include "service/user_records.h"

namespace users {
namespace {

using wiring::ServeOptions;
using Setter = ServeOption::Setter;

Setter TextSetter(std::string ServeOptions::*member) {
  return [member](ServeOptions& options, const std::string& value) -> std::optional<std::string> {
    if (value.empty()) return "must not be empty";
    options.*member = value;
    return std::nullopt;
  };
}

Setter EndpointSetter(std::string ServeOptions::*member) {
  return [member](ServeOptions& options, const std::string& value) -> std::optional<std::string> {
    const auto endpoint = net::ParseEndpoint(value);
    if (!endpoint.ok()) return endpoint.error().message;
    options.*member = value;
    return std::nullopt;
  };
}

Setter NumberSetter(double server::ThrottleOptions::*member, double least) {
  return [=](ServeOptions& options, const std::string& value) -> std::optional<std::string> {
    const auto number = ParseNumber<double>(value);
    if (!number || !(*number >= least) || *number > 1e9) {
      return "must be a number from " + std::to_string(static_cast<int>(least)) + " to 1000000000";
    }
    options.throttle.*member = *number;
    return std::nullopt;
  };
}

Setter FlagSetter(std::function<bool&(ServeOptions&)> member) {
  return [member = std::move(member)](ServeOptions& options,
                                      const std::string& value) -> std::optional<std::string> {
    if (value != "true" && value != "false") return "must be true or false";
    member(options) = value == "true";
    return std::nullopt;
  };
}

// Table names that DynamoDB accepts.
Setter TableNameSetter(std::string wiring::DynamoDbOptions::*member) {
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

std::optional<std::string> SetStore(ServeOptions& options, const std::string& value) {
  if (value != "local" && value != "dynamodb") return "must be local or dynamodb";
  options.store = value == "local" ? wiring::StoreKind::kLocal : wiring::StoreKind::kDynamoDb;
  return std::nullopt;
}

std::optional<std::string> SetDynamoDbEndpoint(ServeOptions& options, const std::string& value) {
  const auto url = net::ParseUrl(value);
  if (!url.ok()) return url.error().message;
  if (url->path != "/") return "must have no path";
  options.dynamodb.endpoint = value;
  return std::nullopt;
}

// A whole number with a unit: s, m, h or d. At most a century.
std::optional<std::string> SetEventRetention(ServeOptions& options, const std::string& value) {
  constexpr std::uint32_t kMaxDays = 36'500;
  const std::string_view units = "smhd";
  const std::uint32_t seconds_of_unit[] = {1, 60, 60 * 60, 24 * 60 * 60};
  const std::size_t unit = value.empty() ? units.npos : units.find(value.back());
  const auto number =
      unit == units.npos
          ? std::nullopt
          : ParseNumber<std::uint32_t>(std::string_view(value).substr(0, value.size() - 1));
  const std::uint64_t seconds = number ? std::uint64_t{*number} * seconds_of_unit[unit] : 0;
  if (seconds < 1 || seconds > std::uint64_t{kMaxDays} * seconds_of_unit[3]) {
    return "must be a time such as 365d or 90s: a whole number and s, m, h or d";
  }
  options.event_retention = std::chrono::seconds(seconds);
  return std::nullopt;
}

std::optional<std::string> SetListShards(ServeOptions& options, const std::string& value) {
  const auto number = ParseNumber<std::uint32_t>(value);
  if (!number || *number < 1 || *number > service::kMaxListShards) {
    return "must be a number from 1 to " + std::to_string(service::kMaxListShards);
  }
  options.dynamodb.list_shards = *number;
  return std::nullopt;
}

std::optional<std::string> SetHosts(ServeOptions& options, const std::string& value) {
  for (const std::string_view host : Split(value, ',')) {
    if (!server::IsHostEntry(host)) return "must be NAME or NAME:PORT";
    options.hosts.emplace_back(host);
  }
  return std::nullopt;
}

std::optional<std::string> SetApiArn(ServeOptions& options, const std::string& value) {
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

}  // namespace

const std::vector<ServeOption>& ServeOptionTable() {
  static const std::vector<ServeOption> table = {
      {"listen", "HOST:PORT",
       "The address of the API. Port 0 picks a free one. An address that other machines can reach "
       "needs TLS or --plaintext. [127.0.0.1:8080]",
       EndpointSetter(&ServeOptions::listen)},
      {"data", "DIR",
       "The data directory. It is created if absent, and the first start adds an administrator's "
       "key (credentials, curlrc). Not used with --store dynamodb. [./users-data]",
       TextSetter(&ServeOptions::data)},
      {"event-retention", "TIME",
       "The time for which all entries are kept in commit order, for audit_query and events_read: a "
       "number and s, m, h or d. Undelivered events are kept for twice as long. The entries "
       "themselves stay. Not used with --store dynamodb. [365d]",
       SetEventRetention},
      {"throttle-rate", "N",
       "The max number of signed requests per second in total. Requests without an authenticated "
       "caller have a separate bucket with the same rate. 0 switches both buckets off. [1000]",
       NumberSetter(&server::ThrottleOptions::rate, 0)},
      {"throttle-burst", "N", "The max number of requests in a burst above the rate. [2000]",
       NumberSetter(&server::ThrottleOptions::burst, 1)},
      {"principal-rate", "N",
       "The max number of signed requests per second of each principal. 0 switches this limit off. "
       "[half of --throttle-rate]",
       NumberSetter(&server::ThrottleOptions::principal_rate, 0)},
      {"principal-burst", "N",
       "The max number of requests in a burst of one principal. [half of --throttle-burst]",
       NumberSetter(&server::ThrottleOptions::principal_burst, 1)},
      {"admin-listen", "HOST:PORT",
       "The address of /livez, /healthz and /metrics, which are unsigned and unencrypted. Port 0 "
       "picks a free one. [127.0.0.1:0]",
       EndpointSetter(&ServeOptions::admin_listen)},
      {"tls-cert", "FILE",
       "The server's certificate chain in PEM. With --tls-key, the API uses HTTPS. Both files are "
       "reloaded when they change and on SIGHUP.",
       TextSetter(&ServeOptions::tls_cert)},
      {"tls-key", "FILE", "The certificate's private key in PEM, without a passphrase.",
       TextSetter(&ServeOptions::tls_key)},
      {"plaintext", "", "Serve an address that other machines can reach without encryption.",
       FlagSetter([](ServeOptions& options) -> bool& { return options.plaintext; })},
      {"host", "NAME[:PORT]",
       "A host name that signed requests may use. May be repeated. A request whose Host header has "
       "another name is rejected with 401. Without PORT, every port is accepted. [any host]",
       SetHosts, /*is_list=*/true},
      {"roles", "FILE",
       "The role catalogue in JSON. It is reloaded when it changes and on SIGHUP. "
       "[the built-in one: admin, editor, viewer, auditor]",
       TextSetter(&ServeOptions::roles)},
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
       SetStore},
      {"users-table", "NAME", "With --store dynamodb: the table of users, with the keys PK and SK.",
       TableNameSetter(&wiring::DynamoDbOptions::users_table)},
      {"idempotency-table", "NAME",
       "With --store dynamodb: the table of idempotency records, with the key PK and the expiry "
       "ttl.",
       TableNameSetter(&wiring::DynamoDbOptions::idempotency_table)},
      {"dynamodb-endpoint", "URL",
       "With --store dynamodb: the URL of DynamoDB, such as http://127.0.0.1:8000. "
       "[AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, or AWS's endpoint of the region]",
       SetDynamoDbEndpoint},
      {"list-shards", "N",
       "With --store dynamodb: the number of partitions of the list of users, 1 to 1024. It must "
       "be the same for all servers. It may be raised at any time, but never lowered. [8]",
       SetListShards},
      {"accept-older-store", "",
       "Open a store that lacks acknowledged changes with everything that can be recovered, and "
       "log how many changes are missing. The missing changes are lost permanently, so use it only "
       "if there is no better backup.",
       FlagSetter([](ServeOptions& options) -> bool& { return options.accept_older_store; })},
      {"create-tables", "", "With --store dynamodb on a local engine: create the missing tables.",
       FlagSetter([](ServeOptions& options) -> bool& { return options.dynamodb.create_tables; })},
      {"api-arn", "ARN",
       "The prefix of the resources in policies. Its region is the region of signatures. "
       "[arn:aws:execute-api:us-east-1:000000000000:users/local]",
       SetApiArn},
      {"log-level", "LEVEL",
       "debug, info, warning or error. info includes a line for each request. [info]",
       [](ServeOptions& options, const std::string& value) -> std::optional<std::string> {
         const auto level = ParseLogLevel(value);
         if (!level) return "must be debug, info, warning or error";
         options.log_level = *level;
         return std::nullopt;
       }},
  };
  return table;
}

}  // namespace users
