package linearizability

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"
)

const (
	accessKeyID     = "AKIALINEARIZABILITY0"
	secretAccessKey = "secret-of-the-linearizability-test"
	region          = "us-east-1"
	service         = "execute-api"
)

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func sha256Hex(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

// sign adds X-Amz-Date and Authorization (Signature Version 4). The path must need no encoding, and the
// query must be in canonical form.
func sign(request *http.Request, body []byte, now time.Time) {
	stamp := now.UTC().Format("20060102T150405Z")
	const signedHeaders = "host;x-amz-date"
	canonical := fmt.Sprintf("%s\n%s\n%s\nhost:%s\nx-amz-date:%s\n\n%s\n%s", request.Method, request.URL.Path,
		request.URL.RawQuery, request.URL.Host, stamp, signedHeaders, sha256Hex(body))
	scope := stamp[:8] + "/" + region + "/" + service + "/aws4_request"
	key := []byte("AWS4" + secretAccessKey)
	for _, part := range []string{stamp[:8], region, service, "aws4_request"} {
		key = hmacSHA256(key, part)
	}
	signature := hex.EncodeToString(hmacSHA256(key,
		"AWS4-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+sha256Hex([]byte(canonical))))
	request.Header.Set("X-Amz-Date", stamp)
	request.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
		accessKeyID, scope, signedHeaders, signature))
}
