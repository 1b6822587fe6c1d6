#include "integrity/tampering.h"
#include "service/idempotency.h"
#include "service/integrity.h"

// Tampers with idempotency records. A deleted record is not found, because it looks like an expired
// one.
namespace users::testing {
namespace {

using service::PlaceOf;
using storage::Item;
using storage::Key;

void AddChange(Tamperings& all, const std::string& name, std::size_t version,
               const std::function<Item(const Item&)>& edit) {
  all.push_back({"idempotency record of change " + std::to_string(version) + ": " + name,
                 [=](RawStore& store, const Victims& victims) {
                   const Key& key = victims.user.records[version - 1];
                   store.Edit(key, edit);
                   return Expected{{PlaceOf(key)}};
                 }});
}

// A record that was made anew, with a seal that fits.
void AddForgery(Tamperings& all, const std::string& name,
                const std::function<void(service::IdempotencyRecord&, const Victims&)>& edit) {
  all.push_back(
      {"idempotency record: made anew, " + name, [=](RawStore& store, const Victims& victims) {
         const auto item = Item::FromEncoded(store.Get(victims.user.records[2]));
         auto record = service::DecodeRecord(*item);
         edit(*record, victims);
         service::IdempotencyScope scope;
         scope.owner = "arn:aws:iam::123456789012:user/forger";
         scope.operation = "users_role_assign";
         scope.target = victims.user.id;
         scope.key = "forged";
         const auto write = service::RememberAnswer(scope, *record, SystemClock().Now());
         store.Put(write.key(), write.item().encoded());
         return Expected{{PlaceOf(write.key())}};
       }});
}

}  // namespace

void AddRecordTamperings(Tamperings& all) {
  for (const char* attribute : {"requestHash", "status", "body", "version", "ttl", "seal", "v"}) {
    AddChange(all, std::string("changed ") + attribute, 3,
              [=](const Item& item) { return WithOther(item, attribute); });
  }
  AddChange(all, "changed location", 1,
            [](const Item& item) { return WithOther(item, "location"); });
  AddChange(all, "an added attribute", 3, [](Item item) {
    item.SetString("more", "x");
    return item;
  });
  AddChange(all, "empty", 3, [](const Item&) { return Item(); });

  all.push_back(
      {"idempotency record: copied to another key", [](RawStore& store, const Victims& victims) {
         Key key = victims.user.records[2];
         key.partition.back() = key.partition.back() == '0' ? '1' : '0';
         store.Put(key, store.Get(victims.user.records[2]));
         return Expected{{PlaceOf(key)}};
       }});
  all.push_back(
      {"idempotency record: also under a sort key", [](RawStore& store, const Victims& victims) {
         Key key = victims.user.records[2];
         key.sort = "x";
         store.Put(key, store.Get(victims.user.records[2]));
         return Expected{{PlaceOf(key)}};
       }});
  all.push_back(
      {"idempotency record: two swapped", [](RawStore& store, const Victims& victims) {
         store.Swap(victims.user.records[2], victims.other.records[2]);
         return Expected{{PlaceOf(victims.user.records[2]), PlaceOf(victims.other.records[2])}};
       }});
  for (const std::size_t bytes : {1, 60}) {
    all.push_back({"idempotency record: cut by " + std::to_string(bytes),
                   [=](RawStore& store, const Victims& victims) {
                     store.Cut(victims.user.records[2], bytes);
                     return Expected{{PlaceOf(victims.user.records[2])}};
                   }});
  }

  AddForgery(all, "the answer of another change",
             [](service::IdempotencyRecord& record, const Victims&) { record.answer.version = 2; });
  AddForgery(all, "the answer of a change that never was",
             [](service::IdempotencyRecord& record, const Victims&) { record.answer.version = 9; });
  AddForgery(all, "of a user who is not there",
             [](service::IdempotencyRecord& record, const Victims& victims) {
               record.answer.body = R"({"userId":")" + UnusedId(victims.user.id) + R"("})";
             });
  AddForgery(all, "no answer",
             [](service::IdempotencyRecord& record, const Victims&) { record.answer.body = "{}"; });
  AddForgery(all, "another role", [](service::IdempotencyRecord& record, const Victims&) {
    record.answer.body.replace(record.answer.body.find("viewer"), 6, "editor");
  });
}

}  // namespace users::testing
