#include "base/random.h"
#include "base/sha256.h"
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

using EditRecord = std::function<void(service::IdempotencyRecord&, const Victims&)>;

// The value that a forger uses as the nonce.
enum class Nonce { kKept, kNew, kOldSeal };

Sha256Digest NonceOf(Nonce nonce, const Key& key, const service::IdempotencyRecord& record) {
  const service::StoredResponse& response = record.response;
  switch (nonce) {
    case Nonce::kKept:
      return record.nonce;
    case Nonce::kNew:
      return RandomBytes<32>();
    case Nonce::kOldSeal:  // the hash that earlier versions stored there
      return Sha256OfFields({key.partition, AsText(record.request_hash),
                             std::to_string(response.status), response.body,
                             std::to_string(response.version), response.location,
                             std::to_string(record.expires_at)});
  }
  return {};
}

// Adds forged records, made from the record of a change, under its own key or another caller's key.
// The forger can compute everything that requires no secret.
void AddForgery(Tamperings& all, const std::string& name, std::size_t version,
                const EditRecord& edit) {
  for (const Nonce nonce : {Nonce::kKept, Nonce::kNew, Nonce::kOldSeal}) {
    for (const bool of_another_caller : {false, true}) {
      const std::string title = "idempotency record: " + name +
                                (of_another_caller ? ", for another caller" : "") + ", nonce " +
                                std::to_string(static_cast<int>(nonce));
      all.push_back({title, [=](RawStore& store, const Victims& victims) {
                       Key key = victims.user.records[version - 1];
                       auto record = service::DecodeRecord(*Item::FromEncoded(store.Get(key)));
                       edit(*record, victims);
                       if (of_another_caller) {
                         service::IdempotencyScope scope;
                         scope.owner = "arn:aws:iam::123456789012:user/forger";
                         scope.operation = "users_role_assign";
                         scope.target = victims.user.id;
                         scope.key = "forged";
                         key = service::IdempotencyItemKey(scope);
                       }
                       record->nonce = NonceOf(nonce, key, *record);
                       store.Put(key, service::EncodeRecord(*record).encoded());
                       return Expected{{PlaceOf(key)}};
                     }});
    }
  }
}

void AddForgery(Tamperings& all, const std::string& name, const EditRecord& edit) {
  AddForgery(all, name, 3, edit);
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

  AddForgery(
      all, "the response of another change",
      [](service::IdempotencyRecord& record, const Victims&) { record.response.version = 2; });
  AddForgery(
      all, "the response of a change that never happened",
      [](service::IdempotencyRecord& record, const Victims&) { record.response.version = 9; });
  AddForgery(all, "of a user who is not there",
             [](service::IdempotencyRecord& record, const Victims& victims) {
               record.response.body = R"({"userId":")" + UnusedId(victims.user.id) + R"("})";
             });
  AddForgery(all, "no response", [](service::IdempotencyRecord& record, const Victims&) {
    record.response.body = "{}";
  });
  AddForgery(all, "another role", [](service::IdempotencyRecord& record, const Victims&) {
    record.response.body.replace(record.response.body.find("viewer"), 6, "editor");
  });
  AddForgery(all, "one member more", [](service::IdempotencyRecord& record, const Victims&) {
    record.response.body.insert(1, R"("admin":true,)");
  });
  AddForgery(all, "another request", [](service::IdempotencyRecord& record, const Victims&) {
    record.request_hash[0] ^= 1;
  });
  AddForgery(all, "other permissions", 1, [](service::IdempotencyRecord& record, const Victims&) {
    const std::string none = R"("permissions":[])";
    record.response.body.replace(record.response.body.find(none), none.size(),
                                 R"("permissions":["users:erase"])");
  });
  AddForgery(all, "another location", 1, [](service::IdempotencyRecord& record, const Victims&) {
    record.response.location.insert(0, "/elsewhere");
  });
  AddForgery(all, "a longer life", [](service::IdempotencyRecord& record, const Victims&) {
    record.expires_at += 1'000'000;
  });
}

}  // namespace users::testing
