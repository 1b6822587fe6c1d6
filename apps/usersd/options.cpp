#include "options.h"

#include <CLI/CLI.hpp>
#include <map>
#include <sstream>

#include "given_options.h"
#include "serve_option_table.h"

namespace users {
namespace {

CLI::App* AddCheck(CLI::App& app, maintenance::CheckRequest& request) {
  CLI::App* check = app.add_subcommand(
      "check",
      "Verify every audit chain, index and invariant of a data directory that is not in use");
  check->add_option("--data", request.data_directory, "The data directory")
      ->type_name("DIR")
      ->required();
  check
      ->add_option("--events", request.event_files,
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
  return check;
}

CLI::App* AddBackUp(CLI::App& app, maintenance::BackupRequest& request, std::uint32_t& time_limit) {
  CLI::App* back_up = app.add_subcommand(
      "backup", "Copy a data directory and check the copy; a server may be running on it");
  back_up->add_option("--data", request.data_directory, "The data directory")
      ->type_name("DIR")
      ->required();
  back_up
      ->add_option("--to", request.to,
                   "The directory of the copy; `usersd serve --data NEWDIR` starts on it")
      ->type_name("NEWDIR")
      ->required();
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
  return back_up;
}

// The texts that CLI11 stores for `serve` or `migrate`, by the name of the option.
struct ServeArguments {
  std::string config;
  std::map<std::string, std::string> values;
  std::map<std::string, bool> flags;
};

void AddOption(CLI::App& command, const ServeOption& row, ServeArguments& arguments) {
  if (row.placeholder.empty()) {
    // Accepts --name=false.
    command.add_flag("--" + row.name, arguments.flags[row.name], row.help);
    return;
  }
  CLI::Option* option = command.add_option("--" + row.name, arguments.values[row.name], row.help);
  option->type_name(row.placeholder);
  if (row.is_list) option->multi_option_policy(CLI::MultiOptionPolicy::Join)->delimiter(',');
}

CLI::App* AddServe(CLI::App& app, ServeArguments& arguments) {
  CLI::App* serve = app.add_subcommand("serve", "Run the server until SIGTERM");
  serve->footer(
      "The long names are also the members of the configuration file: {\"listen\": "
      "\"127.0.0.1:8080\"}.");

  serve
      ->add_option("--config", arguments.config,
                   "Read options from this JSON file. The command line overrides it.")
      ->type_name("FILE");
  for (const ServeOption& row : ServeOptionTable()) AddOption(*serve, row, arguments);
  return serve;
}

CLI::App* AddMigrate(CLI::App& app, ServeArguments& arguments) {
  CLI::App* migrate = app.add_subcommand(
      "migrate", "Give the users in a DynamoDB table the items that this version lists by");
  for (const ServeOption& row : ServeOptionTable()) {
    if (row.name == "store" || row.name == "users-table" || row.name == "dynamodb-endpoint") {
      AddOption(*migrate, row, arguments);
    }
  }
  migrate->footer(
      "Run it after the update of all servers and functions. Until then, lists by role and of "
      "deleted users lack users that an earlier version wrote. Servers of both versions may run "
      "meanwhile. If it was interrupted, run it again: it passes over the users that are done. It "
      "reads the whole table once. Progress goes to standard error. It needs the permissions "
      "dynamodb:Scan, GetItem, PutItem, DeleteItem and ConditionCheckItem on the table.\n"
      "Exit code 0: every user has the items. 1: some items could not be read; see usersd check. "
      "2: not finished.");
  return migrate;
}

GivenOptions GivenTo(const CLI::App& command, const ServeArguments& arguments) {
  GivenOptions given;
  for (const ServeOption& row : ServeOptionTable()) {
    const std::string name = "--" + row.name;
    const CLI::Option* option = command.get_option_no_throw(name);
    if (option == nullptr || option->count() == 0) continue;
    const std::string value = row.placeholder.empty()
                                  ? (arguments.flags.at(row.name) ? "true" : "false")
                                  : arguments.values.at(row.name);
    given.emplace(row.name, GivenValue{value, name});
  }
  return given;
}

// The command line overrides the configuration file.
ProgramStatus ReadServeOptions(const CLI::App& serve, const ServeArguments& arguments,
                               wiring::ServeOptions& options) {
  GivenOptions given = GivenTo(serve, arguments);
  if (serve.count("--config") > 0) {
    if (auto added = AddFromFile(arguments.config, given); !added.ok()) return added;
  }
  return SetServeOptions(given, options);
}

}  // namespace

Result<Command, ProgramError> ParseCommandLine(int argc, char** argv) {
  CLI::App app("usersd: the User Management Service in one binary", "usersd");
  app.set_version_flag("--version", "usersd " USERSD_VERSION);
  Command command;
  const CLI::App* check = AddCheck(app, command.check);
  std::uint32_t time_limit = 3600;
  const CLI::App* back_up = AddBackUp(app, command.backup, time_limit);
  ServeArguments arguments;
  const CLI::App* serve = AddServe(app, arguments);
  ServeArguments migrate_arguments;
  const CLI::App* migrate = AddMigrate(app, migrate_arguments);

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
    return ProgramError::CannotRun(std::string(error.what()) + ". See usersd --help.");
  }

  if (check->parsed()) {
    command.kind = Command::Kind::kCheck;
  } else if (back_up->parsed()) {
    command.kind = Command::Kind::kBackUp;
    command.backup.time_limit = std::chrono::seconds(time_limit);
  } else if (migrate->parsed()) {
    command.kind = Command::Kind::kMigrate;
    const auto read = SetMigrateOptions(GivenTo(*migrate, migrate_arguments), command.serve);
    if (!read.ok()) return read.error();
  } else if (!serve->parsed()) {
    return ProgramError::CannotRun(
        "a command is required: serve, check, backup or migrate. See usersd --help.");
  } else {
    auto read = ReadServeOptions(*serve, arguments, command.serve);
    if (!read.ok()) return std::move(read.error());
  }
  return command;
}

}  // namespace users
