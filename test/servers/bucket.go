//go:build unix

package servers

import (
	"context"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// NewBucket makes a bucket and returns the URL of a store in it, which is not there yet.
func (s S3Server) NewBucket(name, prefix string) (url string, err error) {
	c, err := minio.New(s.Address, &minio.Options{Creds: credentials.NewStaticV4(S3AccessKey, S3SecretKey, ""), Region: "us-east-1", MaxRetries: 1})
	if err != nil {
		return "", err
	}
	if err := c.MakeBucket(context.Background(), name, minio.MakeBucketOptions{}); err != nil {
		return "", err
	}
	return "s3://" + name + "/" + prefix + "?endpoint=http://" + s.Address, nil
}

// GetS3 is the S3 server, for programs that are no tests.
func GetS3() (S3Server, error) {
	s, err := Get("s3")
	if err != nil {
		return S3Server{}, err
	}
	return S3Server{s, s.kind.(*s3).address}, nil
}
