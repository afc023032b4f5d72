module consistency/clients

go 1.24

require cloud.google.com/go/datastore v1.20.0
