package cass3

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
)

// bundle is the variable of AWS's tools that names a file of certificates to trust.
const bundle = "AWS_CA_BUNDLE"

// trust has t trust the certificates in the bundle, if there is one, and no others, as AWS's tools do.
func trust(t *http.Transport) error {
	path := os.Getenv(bundle)
	if path == "" || t.TLSClientConfig == nil {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%s: %w", bundle, err)
	}
	t.TLSClientConfig.RootCAs = x509.NewCertPool()
	if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(data) {
		return hintedError{fmt.Errorf("%s: %s has no certificates", bundle, path), "certificates are such as -----BEGIN CERTIFICATE-----"}
	}
	return nil
}

// distrusted tells whether err is about the server's certificate: asking again does not help.
func distrusted(err error) bool {
	var verify *tls.CertificateVerificationError
	return errors.As(err, &verify)
}

// certify is what to do about it.
func certify(err error) string {
	var host x509.HostnameError
	if errors.As(err, &host) {
		return "use the name of the host that the certificate has"
	}
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.Expired {
		return "look at the clock of this machine; if that is right, the server needs a new certificate"
	}
	return "if it is the server's own, get its certificate on a way that you trust, and " + bundle + "=cert.pem"
}
