#include "net/authorities.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <memory>
#include <string>
#include <vector>

namespace users::net {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* what) const {
    kFree(what);
  }
};
using Name = std::unique_ptr<X509_NAME, Free<X509_NAME_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

// A certificate of which only the subject is parsed.
struct Authority {
  std::string der;
  Name subject;
};
using Authorities = std::vector<Authority>;

// Reads the elements of a certificate (RFC 5280, section 4.1) up to its subject.
class DerReader {
 public:
  explicit DerReader(std::string_view der)
      : at_(reinterpret_cast<const unsigned char*>(der.data())), end_(at_ + der.size()) {}

  bool Enter() { return ReadHead(); }
  bool Skip() {
    if (!ReadHead()) return false;
    at_ += size_;
    return true;
  }
  // Skips the element if it has a context-specific tag.
  bool SkipOptional() {
    const unsigned char kContext = V_ASN1_CONTEXT_SPECIFIC;
    return at_ < end_ && ((*at_ & kContext) == 0 || Skip());
  }
  Name ReadName() { return Name(d2i_X509_NAME(nullptr, &at_, end_ - at_)); }

 private:
  bool ReadHead() {
    int tag = 0;
    int kind = 0;
    constexpr int kFailed = 0x80;
    return (ASN1_get_object(&at_, &size_, &tag, &kind, end_ - at_) & kFailed) == 0;
  }

  const unsigned char* at_;
  const unsigned char* const end_;
  long size_ = 0;
};

Name SubjectOf(std::string_view der) {
  DerReader reader(der);
  const bool found = reader.Enter() && reader.Enter() && reader.SkipOptional() &&  // version
                     reader.Skip() && reader.Skip() &&  // serial number, signature's algorithm
                     reader.Skip() && reader.Skip();    // issuer, validity
  return found ? reader.ReadName() : nullptr;
}

// Returns false if the text contains something that is not a certificate.
bool ReadAuthorities(std::string_view pem, Authorities& authorities) {
  const std::unique_ptr<BIO, Free<BIO_free>> text(
      ::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  unsigned char* bytes = nullptr;
  long size = 0;
  while (::PEM_bytes_read_bio(&bytes, &size, nullptr, PEM_STRING_X509, text.get(), nullptr,
                              nullptr) == 1) {
    Authority authority;
    authority.der.assign(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    ::OPENSSL_free(bytes);
    authority.subject = SubjectOf(authority.der);
    if (authority.subject == nullptr) return false;
    authorities.push_back(std::move(authority));
  }
  const auto error = ::ERR_peek_last_error();
  ::ERR_clear_error();
  return ERR_GET_REASON(error) == PEM_R_NO_START_LINE;  // the end of the text
}

Certificate Parse(const Authority& authority) {
  const auto* at = reinterpret_cast<const unsigned char*>(authority.der.data());
  return Certificate(::d2i_X509(nullptr, &at, static_cast<long>(authority.der.size())));
}

// The callback of X509_LOOKUP_by_subject: returns 1 and a certificate with that name. It adds all
// certificates with that name to the store, which is searched first the next time.
int FindBySubject(X509_LOOKUP* lookup, X509_LOOKUP_TYPE type, const X509_NAME* name,
                  X509_OBJECT* found) {
  if (type != X509_LU_X509) return 0;
  X509_STORE* store = ::X509_LOOKUP_get_store(lookup);
  for (const auto& authority :
       *static_cast<const Authorities*>(::X509_LOOKUP_get_method_data(lookup))) {
    if (::X509_NAME_cmp(authority.subject.get(), name) != 0) continue;
    const Certificate certificate = Parse(authority);
    if (certificate != nullptr) ::X509_STORE_add_cert(store, certificate.get());
  }
  ::X509_STORE_lock(store);
  X509_OBJECT* object =
      ::X509_OBJECT_retrieve_by_subject(::X509_STORE_get0_objects(store), type, name);
  ::X509_STORE_unlock(store);
  if (object == nullptr) return 0;
  X509* certificate = ::X509_OBJECT_get0_X509(object);
  if (::X509_OBJECT_set1_X509(found, certificate) != 1) return 0;
  ::X509_free(certificate);  // the caller takes its own reference and releases only one
  return 1;
}

void FreeAuthorities(X509_LOOKUP* lookup) {
  delete static_cast<Authorities*>(::X509_LOOKUP_get_method_data(lookup));
}

X509_LOOKUP_METHOD* MakeMethod() {
  X509_LOOKUP_METHOD* method = ::X509_LOOKUP_meth_new("authorities of a PEM text");
  ::X509_LOOKUP_meth_set_get_by_subject(method, FindBySubject);
  ::X509_LOOKUP_meth_set_free(method, FreeAuthorities);
  return method;
}

}  // namespace

Status TrustAuthorities(SSL_CTX& context, std::string_view pem) {
  static X509_LOOKUP_METHOD* const kMethod = MakeMethod();
  auto authorities = std::make_unique<Authorities>();
  if (!ReadAuthorities(pem, *authorities)) {
    return Error::Unavailable("one of the certificates is malformed");
  }
  if (authorities->empty()) return Error::Unavailable("no certificate was found");
  X509_LOOKUP* lookup = ::X509_STORE_add_lookup(::SSL_CTX_get_cert_store(&context), kMethod);
  if (lookup == nullptr) return Error::Unavailable("no memory");
  ::X509_LOOKUP_set_method_data(lookup, authorities.release());
  return Done{};
}

}  // namespace users::net
