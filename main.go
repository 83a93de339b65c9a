package main

import (
	_ "github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	_ "github.com/microsoftgraph/msgraph-beta-sdk-go"
)

func main() {}
