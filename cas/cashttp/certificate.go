//go:build !js

package cashttp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// certificateError is a certificate that this system does not trust.
type certificateError struct{ error }

func (e *certificateError) Unwrap() error { return e.error }

// Hint says what to do about it.
func (e *certificateError) Hint() string {
	var host x509.HostnameError
	if errors.As(e.error, &host) {
		return "use the name of the host that the certificate has"
	}
	var invalid x509.CertificateInvalidError
	if errors.As(e.error, &invalid) && invalid.Reason == x509.Expired {
		return "look at the clock of this machine; if that is right, the server needs a new certificate"
	}
	return "if it is the server's own, get its certificate on a way that you trust, and SSL_CERT_FILE=cert.pem, or add it to the system's (macOS and Windows)"
}

// distrusted tells whether err is about the server's certificate.
func distrusted(err error) bool {
	var verify *tls.CertificateVerificationError
	return errors.As(err, &verify)
}
